"""Rows are read on demand, and checked when the file is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.rows import RowFile, valid_rows


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_reads_any_row(tmp_path: Path) -> None:
    rows = RowFile.open(write(tmp_path / "test.jsonl", '{"id": "a", "n": 1}', '{"id": "b", "n": "é"}'))
    assert (len(rows), rows.row(1), rows.row(0)) == (2, {"id": "b", "n": "é"}, {"id": "a", "n": 1})
    rows.close()


@pytest.mark.parametrize(
    "line", ['{"id": "b"', "[]", "", '{"name": "b"}', '{"id": null}', '{"id": ["b"]}', '{"id": "a"}', "\x00"]
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(NorthstarError, match=r"test\.jsonl, line 2: "):
        RowFile.open(write(tmp_path / "test.jsonl", '{"id": "a"}', line))


def test_a_file_that_was_changed_since_it_was_prepared_is_refused(tmp_path: Path) -> None:
    from northstar.data.manifest import Manifest, manifest_path

    path = write(tmp_path / "test.jsonl", '{"id": "a"}')
    manifest = Manifest(
        "aime24", "test", "hub", "o/n", "test.jsonl", "main", "0" * 64, "0" * 64, 1, "2026-01-01", "0.1.0"
    )
    manifest_path(path).write_bytes(manifest.to_json())
    with pytest.raises(NorthstarError, match=r"has changed since it was prepared .* ns prepare_data aime24"):
        RowFile.open(path)


def test_the_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    path = write(tmp_path / "test.jsonl", json.dumps({"id": 1}))
    rows = RowFile.open(path)
    assert rows.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    rows.close()


def test_only_the_rows_of_a_part_are_there(tmp_path: Path) -> None:
    lines = ['{"id": 1, "category": "a"}', '{"id": 2, "category": "é"}', '{"id": 3, "category": "a"}']
    path = write(tmp_path / "test.jsonl", *lines)
    rows = RowFile.open(path, parted_by="category", part="a")
    assert [rows.row(number)["id"] for number in range(len(rows))] == [1, 3]
    rows.close()
    with pytest.raises(NorthstarError, match=r"line 4: .*`category`"):
        RowFile.open(write(path, *lines, '{"id": 4}'), parted_by="category", part="a")


@pytest.mark.parametrize(
    ("limit", "ids"),
    [
        (1, [1]),
        (2, [1, 4]),
        (3, [1, 4, 6]),
        (5, [1, 2, 4, 5, 6]),
        (6, [1, 2, 3, 4, 5, 6]),
        (99, [1, 2, 3, 4, 5, 6]),
        (None, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_limit_takes_of_each_part_in_turn_and_leaves_the_rows_in_order(
    tmp_path: Path, limit: int | None, ids: list[int]
) -> None:
    lines = [json.dumps({"id": number, "category": part}) for number, part in enumerate("aaabbc", start=1)]
    rows = RowFile.open(write(tmp_path / "test.jsonl", *lines), parted_by="category", limit=limit)
    assert [rows.row(number)["id"] for number in range(len(rows))] == ids
    rows.close()


def test_a_limit_takes_the_first_rows_where_there_are_no_parts(tmp_path: Path) -> None:
    rows = RowFile.open(write(tmp_path / "test.jsonl", '{"id": 1}', '{"id": 2}', '{"id": 3}'), limit=2)
    assert [rows.row(number)["id"] for number in range(len(rows))] == [1, 2]
    rows.close()


@pytest.mark.parametrize("options", ['["3 m", "5 m"]', "{}", '{"A": 3}', '"A. 3 m"'])
def test_options_map_letters_to_texts(tmp_path: Path, options: str) -> None:
    path = write(tmp_path / "test.jsonl", f'{{"id": "a", "options": {options}}}')
    with pytest.raises(NorthstarError, match=r"test\.jsonl, line 1: not a valid row .*\$\.options"):
        RowFile.open(path, needs=("options",))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "b", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "too many lists"),
        ('{"id": "b", "x": ' + '{"x":[' * 200 + "1" + "]}" * 200 + "}", "more than 256 lists and objects"),
        ('{"id": "b", "x": NaN}', "line 2"),
        ('{"id": "b", "x": 1e400}', "out of range"),
    ],
)
def test_what_could_not_be_read_later_is_named_when_the_file_is_opened(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(
        NorthstarError, match=rf"test\.jsonl, line 2: not a valid row .*{message}|{message}: not a valid row"
    ):
        RowFile.open(write(tmp_path / "test.jsonl", '{"id": "a"}', line))


def test_bytes_that_are_not_utf_8_are_named_also_where_nobody_asks_for_the_field(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_bytes(b'{"id": "a"}\n{"id": "b", "x": "\xe9"}\n')
    with pytest.raises(NorthstarError, match=r"test\.jsonl, line 2: .*not UTF-8"):
        RowFile.open(tmp_path / "test.jsonl")


def test_brackets_in_a_text_are_no_depth_and_long_whole_numbers_stay_whole(tmp_path: Path) -> None:
    row = {"id": "a", "x": "[{" * 3000, "n": 2**70}
    rows = RowFile.open(write(tmp_path / "test.jsonl", json.dumps(row)))
    assert rows.row(0) == row
    rows.close()


def test_a_mark_before_the_first_row_is_skipped(tmp_path: Path) -> None:
    rows = RowFile.open(write(tmp_path / "test.jsonl", '\ufeff{"id": "a"}', '{"id": "b"}'), needs=())
    assert [rows.row(0), rows.row(1)] == [{"id": "a"}, {"id": "b"}]
    rows.close()


def test_a_file_of_another_encoding_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_bytes('{"id": "a"}\n'.encode("utf-16"))
    with pytest.raises(NorthstarError, match=r"test\.jsonl, line 1: .*it is UTF-16, not UTF-8; save it as UTF-8"):
        RowFile.open(tmp_path / "test.jsonl")


@pytest.mark.parametrize("bad", ['{"id": "b"}', '{"id": "b", "problem": null}', '{"id": "b", "problem": ""}'])
def test_a_row_without_what_it_needs_is_not_stored(bad: str) -> None:
    made = valid_rows([b'{"id": "a", "problem": "p"}', bad.encode()], ["problem"])
    assert next(made) == b'{"id": "a", "problem": "p"}'
    with pytest.raises(NorthstarError, match=r"row 2 of the source cannot be used \(.*`?\$?\.?problem`?"):
        next(made)


def test_options_without_a_text_are_not_stored() -> None:
    with pytest.raises(NorthstarError, match="row 1 of the source cannot be used"):
        list(valid_rows([b'{"id": "a", "options": {"A": "x", "B": null}}'], ["options"]))
