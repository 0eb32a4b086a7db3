"""Imported files are hostile: each is bounded, and fails in one sentence that says where."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.rows import RowFile
from northstar.importing import lines as lines_module
from northstar.importing import zipped
from northstar.importing.inspect_log import INSPECT
from northstar.importing.records import RECORDS
from northstar.importing.sources import find_sources
from northstar.importing.survey import survey
from tests.importing.written import ROWS, inspect_log, sample, with_zstandard, written

NAME = "samples/sum-1_epoch_1.json"


def test_a_line_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "LONGEST_LINE", 1 << 20)
    file = written(tmp_path / "x.jsonl", [{"id": "a", "generation": "x" * (2 << 20)}])
    with pytest.raises(NorthstarError, match="line 1: longer than 1 MiB"):
        list(RECORDS.read(file))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "a", "generation": NaN}', "line 1: JSON is malformed"),
        ('{"id": "a", "generation": 5}', r"line 1: Expected `str \| array`, got `int` - at `\$.generation`"),
        ('{"id": "a", "generation": "5", "num_generated_tokens": -1}', "line 1: Expected `int` >= 0"),
        ('{"id": "a", "generation": "5", "seed": 99999999999}', "line 1: Expected `int` <= 2147483647"),
        ('{"id": "a", "generation": "5", "x": ' + "[" * 5000 + "]" * 5000 + "}", "too many lists and objects"),
        ('{"id": "a", "generation": "5"', "line 1: Input data was truncated"),
    ],
)
def test_a_damaged_line_is_named(line: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(line + "\n")
    with pytest.raises(NorthstarError, match=why):
        list(RECORDS.read(file))


def test_one_record_cannot_ask_for_a_billion_seeds(tmp_path: Path) -> None:
    file = written(tmp_path / "x.jsonl", [{"id": "sum-1", "generation": "5", "seed": 2_000_000_000}])
    rows = RowFile.open(written(tmp_path / "rows.jsonl", ROWS))
    assert survey(find_sources(file), rows).seeds == [2_000_000_000]


def test_more_generations_than_anybody_asks_for(tmp_path: Path) -> None:
    file = written(tmp_path / "x.jsonl", [{"id": "sum-1", "generation": ["5"] * 1001}])
    rows = RowFile.open(written(tmp_path / "rows.jsonl", ROWS))
    with pytest.raises(NorthstarError, match="more than 1,000 generations of a row"):
        survey(find_sources(file), rows)


def test_several_generations_in_a_file_of_one_seed(tmp_path: Path) -> None:
    file = written(tmp_path / "output-rs1.jsonl", [{"id": "sum-1", "generation": ["5", "6"]}])
    with pytest.raises(NorthstarError, match="line 1: several generations, in a file of one seed"):
        list(find_sources(file).tool.read(file))


def test_a_zip_that_unpacks_to_far_more_than_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "MOST_UNPACKED", 1 << 20)
    log = inspect_log(tmp_path / "x.eval", {NAME: " " * (8 << 20)})
    with pytest.raises(NorthstarError, match="would unpack to 8 MiB, more than 200 times its size"):
        list(INSPECT.read(log))


def test_an_entry_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "LARGEST_ENTRY", 1 << 20)
    log = inspect_log(tmp_path / "x.eval", {NAME: " " * (2 << 20)})
    with pytest.raises(NorthstarError, match=f"{NAME}: larger than 1 MiB"):
        list(INSPECT.read(log))


@pytest.mark.parametrize("packed", ["deflate", "zstandard"])
def test_an_entry_that_is_larger_than_it_claims(packed: str, tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {NAME: json.dumps(sample(ROWS[0])) + " " * 100_000})
    if packed == "zstandard":
        with_zstandard(log, claims=10)
    else:
        content = bytearray(log.read_bytes())
        at = content.rfind(b"PK\1\2")
        struct.pack_into("<L", content, at + 24, 10)
        log.write_bytes(content)
    with pytest.raises(NorthstarError, match=NAME):
        list(INSPECT.read(log))


def test_names_that_lead_elsewhere_are_only_names(tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {"samples/../../../escaped.json": sample(ROWS[0])})
    (found,) = INSPECT.read(log)
    assert found.id == "sum-1"
    assert [file.name for file in tmp_path.rglob("*")] == ["x.eval"]


def test_a_list_of_entries_that_is_too_long_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "LARGEST_DIRECTORY", 1000)
    log = inspect_log(tmp_path / "x.eval", {f"samples/{number}.json": "{}" for number in range(100)})
    with pytest.raises(NorthstarError, match="of entries: it is refused"):
        list(INSPECT.read(log))


@pytest.mark.parametrize("cut", [0.2, 0.9])
def test_a_log_that_was_cut_short(cut: float, tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {NAME: sample(ROWS[0])})
    log.write_bytes(log.read_bytes()[: int(cut * log.stat().st_size)])
    with pytest.raises(NorthstarError, match="is not a whole zip file"):
        list(INSPECT.read(log))


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {NAME: sample(ROWS[0])}, compression=zipfile.ZIP_STORED)
    log.write_bytes(log.read_bytes().replace(b"What is 1", b"What is 7"))
    with pytest.raises(NorthstarError, match=f"{NAME}: damaged: its checksum is wrong"):
        list(INSPECT.read(log))


def test_of_two_entries_of_one_name_the_last_counts(tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {NAME: sample(ROWS[0], epoch=1)})
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(log, "a") as again:
        again.writestr(NAME, json.dumps(sample(ROWS[0], epoch=2)))
    assert [found.seed for found in INSPECT.read(log)] == [1]
