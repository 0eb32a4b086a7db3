"""A user's file of rows: opened whole, read row by row; what is wrong is named by its line."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from northstar.core.errors import NorthstarError
from northstar.data.input.file import InputFile, open_input


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows_of(file: InputFile) -> list[dict[str, Any]]:
    return [file.row(number) for number in range(len(file))]


def test_rows_keep_their_fields_and_order(tmp_path: Path) -> None:
    lines = [{"id": "b", "x": {"y": [1, None]}}, {"id": "a", "x": "é"}]
    file = open_input(written(tmp_path, "".join(json.dumps(line) + "\n" for line in lines)))
    assert rows_of(file) == lines


def test_rows_without_ids_are_called_by_their_number(tmp_path: Path) -> None:
    assert rows_of(open_input(written(tmp_path, '{"x": 1}\n{"x": 2}\n'))) == [{"id": 1, "x": 1}, {"id": 2, "x": 2}]


def test_ends_of_line_of_other_systems_and_a_missing_last_one_are_read(tmp_path: Path) -> None:
    file = open_input(written(tmp_path, b'\xef\xbb\xbf{"id": 1}\r\n{"id": 2}\r\n{"id": 3}'))
    assert rows_of(file) == [{"id": 1}, {"id": 2}, {"id": 3}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": 1}\n{"id": 2\n', "line 2: not a JSON object (Input data was truncated)."),
        ('{"id": 1}\n{"id": NaN}\n', "line 2: not a JSON object"),
        ('{"id": 1}\n[1]\n', "line 2: not a JSON object (Expected `object`, got `array`)."),
        ('{"id": 1}\n\n{"id": 2}\n', "line 2: the line is empty; remove it."),
        ('{"id": 1}\n{"id": 2}\n{"id": 1}\n', "line 3: its id 1 is also that of line 1; ids must be unique."),
        ('{"id": 1}\n{"x": 2}\n', "line 2: it has no 'id', and the first row has one; give each row an id, or none."),
        ('{"x": 1}\n{"id": 2}\n', "line 2: it has 'id', and the first row has none; give each row an id, or none."),
        ('{"id": null}\n', "line 1: its 'id' must be a text or a whole number, not None."),
        ('{"id": 1.5}\n', "line 1: its 'id' must be a text or a whole number, not 1.5."),
        (
            '{\n "id": 1\n}\n',
            "line 1: not a JSON object (Input data was truncated). This looks like one JSON value over",
        ),
        (b'{"id": 1, "x": "\xff"}\n', "line 1: not a JSON object"),
        ('{"id": 1, "x": ' + "[" * 300 + "]" * 300 + "}\n", "more than 256 lists and objects inside each other"),
        ("", " has no rows."),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(NorthstarError) as error:
        open_input(written(tmp_path, text))
    assert said in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_row_that_cannot_be_asked_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"line 2: its 'x' is odd\."):
        open_input(written(tmp_path, '{"x": 2}\n{"x": 1}\n'), lambda row: "its 'x' is odd" if row["x"] % 2 else "")


def test_the_same_text_and_number_are_two_ids(tmp_path: Path) -> None:
    assert len(open_input(written(tmp_path, '{"id": 1}\n{"id": "1"}\n'))) == 2


def test_a_limit_takes_the_first_rows_and_checks_all(tmp_path: Path) -> None:
    assert rows_of(open_input(written(tmp_path, '{"id": 1}\n{"id": 2}\n'), limit=1)) == [{"id": 1}]
    with pytest.raises(NorthstarError, match="line 2"):
        open_input(written(tmp_path, '{"id": 1}\n{"id": 2\n'), limit=1)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"cannot read .*no\.jsonl: No such file or directory"):
        open_input(tmp_path / "no.jsonl")
    with pytest.raises(NorthstarError, match="is a folder where a file should be"):
        open_input(tmp_path)


def test_a_file_that_is_written_to_while_it_is_in_use_gives_no_other_rows(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1, "x": "a"}\n')
    file = open_input(path)
    with path.open("r+b") as there:
        there.write(b'{"id": 1, "x": "b"}\n')
    os.utime(path, ns=(1, 1))
    with pytest.raises(NorthstarError, match="changed while it was in use"):
        file.row(0)


def test_parquet_is_read_as_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{"id": "a", "n": 1, "list": ["x"], "deep": {"k": 1.5}}, {"id": "b", "n": None, "list": [], "deep": None}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert rows_of(open_input(path)) == rows


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1" + b"x" * 100)
    with pytest.raises(NorthstarError, match=r"cannot read .*rows\.parquet as parquet"):
        open_input(path)


def test_rows_are_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({"id": f"row-{n}", "x": "x" * 1000}) + "\n" for n in range(20_000))
    tracemalloc.start()
    opened = open_input(path)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(opened) == 20_000
    assert held < 20_000 * 40
    assert most < 5 << 20  # of 20 MB: two numbers and a hash of each row, and one buffer
