"""The records of a source file, in each of its formats."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pytest
from pyarrow import ipc, parquet

from northstar.core.errors import NorthstarError
from northstar.data.columns import BATCH
from northstar.data.reading import read_records

MOMENT = 1_700_000_000_123_456_789
"""Nanoseconds since 1970."""


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", '{"id": "a", "text": "é"}\n\n{"id": "b", "text": "1\\n2"}\n'),
        ("x.json", '[{"id": "a", "text": "é"}, {"id": "b", "text": "1\\n2"}]'),
        ("x.csv", 'id,text\na,é\nb,"1\n2"\n'),
        ("x.csv", '\ufeffid,text\na,é\nb,"1\n2"\n'),
    ],
)
def test_text_formats(tmp_path: Path, name: str, content: str) -> None:
    records = list(read_records(written(tmp_path, name, content), name))
    assert records == [{"id": "a", "text": "é"}, {"id": "b", "text": "1\n2"}]


def test_parquet_is_read_to_its_end_across_batches_and_row_groups(tmp_path: Path) -> None:
    rows = [{"id": n, "options": ["x", str(n)], "image": None} for n in range(3 * BATCH + 1)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "x.parquet", row_group_size=100)
    assert list(read_records(tmp_path / "x.parquet", "x.parquet")) == rows


def test_a_stream_of_arrow_is_read_to_its_end_across_batches(tmp_path: Path) -> None:
    rows = [{"id": n, "choices": ["x", str(n)], "correct_answer": None} for n in range(3 * BATCH + 1)]
    table = pyarrow.Table.from_pylist(rows)
    with ipc.new_stream(tmp_path / "x.arrow", table.schema) as stream:
        stream.write_table(table, max_chunksize=2 * BATCH)
    assert list(read_records(tmp_path / "x.arrow", "x.arrow")) == rows


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"id": "a"}\nsecret', "o/x.jsonl, line 2: not JSON"),
        ("x.json", "secret", "o/x.json: not JSON"),
        ("x.csv", "id\n\ud800secret", "o/x.csv, line 2: it is not UTF-8"),
        (
            "x.csv",
            "id\n1\n2,secret\n",
            "o/x.csv, line 3: malformed CSV (it has more fields than the header's 1)",
        ),
        ("x.parquet", "secret", "o/x.parquet cannot be read as parquet"),
        ("x.arrow", "secret", "o/x.arrow cannot be read as Arrow"),
        ("x.parquet", "PAR1secretPAR1", "o/x.parquet cannot be read as parquet"),
    ],
)
def test_what_is_no_such_file_is_named_and_not_quoted(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(NorthstarError) as error:
        list(read_records(tmp_path / name, f"o/{name}"))
    assert str(error.value).startswith(message)
    assert "secret" not in str(error.value)


def test_times_in_nanoseconds_are_read_to_the_microsecond(tmp_path: Path) -> None:
    table = pyarrow.table(
        {
            "at": pyarrow.array([MOMENT], pyarrow.timestamp("ns", "UTC")),
            "took": pyarrow.array([1_500_000_001], pyarrow.duration("ns")),
            "of_day": pyarrow.array([3_600_000_000_001], pyarrow.time64("ns")),
            "all": pyarrow.array([[{"at": MOMENT}]], pyarrow.list_(pyarrow.struct({"at": pyarrow.timestamp("ns")}))),
        }
    )
    parquet.write_table(table, tmp_path / "x.parquet")
    (record,) = read_records(tmp_path / "x.parquet", "x.parquet")
    assert record["at"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert record["took"].total_seconds() == 1.5
    assert record["of_day"].hour == 1
    assert record["all"][0]["at"].microsecond == 123456


def test_a_date_that_python_has_no_form_for_is_named_by_its_records(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"at": pyarrow.array([2**60], pyarrow.timestamp("us"))}), tmp_path / "x.parquet")
    with pytest.raises(NorthstarError, match=r"o/x\.parquet, records 1 to 64: one of them cannot be read"):
        list(read_records(tmp_path / "x.parquet", "o/x.parquet"))


def test_fields_of_a_table_may_be_longer_than_128_kb(tmp_path: Path) -> None:
    (record,) = read_records(written(tmp_path, "x.csv", "id,text\na," + "x" * 1_000_000 + "\n"), "x.csv")
    assert len(record["text"]) == 1_000_000


def test_deeply_nested_records_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "x.jsonl", '{"id": 1}\n{"x": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    with pytest.raises(NorthstarError, match=r"o/x\.jsonl, line 2: not JSON \(it has too many lists and objects"):
        list(read_records(path, "o/x.jsonl"))
