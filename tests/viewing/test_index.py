"""What the index of a file says of it, and when it is made anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.pages.verdict import Verdict, verdict_of_record
from northstar.results.layout import output_file
from northstar.viewing import run as run_module
from northstar.viewing.index import Index, up_to_date
from northstar.viewing.run import Run
from northstar.viewing.scan import Scanner
from tests.viewing.invented_run import GrowingSeed, record, write_records, write_run


def index(path: Path, place: Path, known: Index | None = None) -> Index:
    file = output_file(path)
    assert file is not None
    return up_to_date(file, place, Scanner(), known)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"symbolic_correct": False},
        {"predicted_answer": None, "symbolic_correct": False},
        {"predicted_answer": None, "symbolic_correct": False, "finish_reason": "length"},
        {"error": "refused", "predicted_answer": None, "symbolic_correct": False},
        {"judge_correct": True, "symbolic_correct": False},
        {"judge_correct": None, "symbolic_correct": False},
        {"symbolic_correct": 0.5},
        {"symbolic_correct": None},
        {"finish_reason": None, "error": None},
        {"finish_reason": ["<b>"], "symbolic_correct": "yes", "num_generated_tokens": "many"},
        {"reasoning_unfinished": True, "predicted_answer": None, "symbolic_correct": False},
    ],
)
def test_the_index_and_the_page_of_a_record_agree_on_its_verdict(tmp_path: Path, fields: dict[str, Any]) -> None:
    whole = record(0, 0) | fields
    write_records(tmp_path / "output-rs0.jsonl", [whole])
    found = index(tmp_path / "output-rs0.jsonl", tmp_path / "index").entries
    assert Verdict(found["verdict"][0]) is verdict_of_record(whole)


def test_a_line_that_is_no_record_is_counted_and_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "output-rs0.jsonl"
    path.write_text(json.dumps(record(0, 0)) + "\n" + "[" * 100_000 + "\n" + json.dumps(record(2, 0)) + "\n")
    found = index(path, tmp_path / "index")
    assert (found.entries["row"].tolist(), found.damaged) == ([0, 2], 1)


def large(path: Path, rows: int) -> None:
    write_records(path, [record(row, 0) | {"filler": "x" * 1_000_000} for row in range(rows)])


def test_a_second_process_reads_the_index_and_not_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, place = tmp_path / "output-rs0.jsonl", tmp_path / "logs" / "index"
    large(path, 5)
    first = index(path, place)
    monkeypatch.setattr(Scanner, "output", None)
    assert index(path, place).entries.tolist() == first.entries.tolist()


def test_an_output_that_was_written_anew_is_indexed_anew(tmp_path: Path) -> None:
    path, place = tmp_path / "output-rs0.jsonl", tmp_path / "index"
    large(path, 5)
    known = index(path, place)
    large(path, 6)
    assert len(index(path, place, known).entries) == 6


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"\x93NUMPY" * 100, b"[" * 10_000])
def test_an_index_that_is_none_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path, place = tmp_path / "output-rs0.jsonl", tmp_path / "index"
    large(path, 5)
    place.write_bytes(damage)
    assert len(index(path, place).entries) == 5


def test_an_index_with_a_flipped_bit_is_made_anew(tmp_path: Path) -> None:
    path, place = tmp_path / "output-rs0.jsonl", tmp_path / "index"
    large(path, 5)
    first = index(path, place).entries.tolist()
    content = bytearray(place.read_bytes())
    content[-20] ^= 1
    place.write_bytes(content)
    assert index(path, place).entries.tolist() == first


def test_a_journal_that_grows_is_read_on_from_where_it_ended(tmp_path: Path) -> None:
    seed = GrowingSeed(tmp_path, 0)
    seed.answer(5, graded=False)
    before = index(seed.path, tmp_path / "index")
    seed.grade(5)
    seed.answer(1)
    seed.close()
    after = index(seed.path, tmp_path / "index", before)
    assert [Verdict(each) for each in before.entries["verdict"]] == [Verdict.UNGRADED]
    assert after.entries["row"].tolist() == [1, 5]
    assert Verdict(after.entries["verdict"][1]) is verdict_of_record(record(5, 0))
    assert after.header == (0, 24)


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    seed = GrowingSeed(tmp_path, 0)
    seed.answer(1)
    seed.close()
    with seed.path.open("ab") as file:
        file.write(b'{"crc":"00000000","row":2,"gen')
    found = index(seed.path, tmp_path / "index")
    assert (found.entries["row"].tolist(), found.damaged) == ([1], 0)


def test_the_journal_of_a_finished_seed_is_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path, seeds=[0])
    GrowingSeed(run, 0).close()
    shown = Run(run)
    shown.look()
    assert shown.grids["sums"].done == 24


def test_results_that_were_set_aside_and_put_back_are_shown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "LOOK_SECONDS", 0)
    shown = Run(write_run(tmp_path, seeds=[0]))
    shown.look()
    folder = tmp_path / "eval-results" / "sums"
    folder.rename(tmp_path / "aside")
    shown.look()
    assert shown.grids == {}
    (tmp_path / "aside").rename(folder)
    shown.look()
    assert shown.grids["sums"].done == 24


def test_chunks_stand_where_their_rows_are(tmp_path: Path) -> None:
    folder = tmp_path / "eval-results" / "sums"
    for chunk, rows in ((0, range(0, 3)), (2, range(6, 10))):
        write_records(folder / f"output-rs0_chunk_{chunk}-of-3.jsonl", [record(row, 0) for row in rows])
    run = Run(tmp_path)
    run.look()
    grid = run.grids["sums"]
    assert [row for row in range(grid.rows) if grid.where(row, 0)] == [0, 1, 2, 6, 7, 8, 9]
