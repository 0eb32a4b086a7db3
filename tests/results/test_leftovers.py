"""Chunks and journals that a kill leaves beside an output are removed if all of them is in it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from northstar.core.lock import locked
from northstar.core.records import Generation, Turn
from northstar.results.journal import Journal
from northstar.results.layout import Shard, shard_lock
from northstar.results.leftovers import remove_leftovers
from northstar.results.outputs import record


def generation(row: int, at: float = 1000.0) -> Generation:
    return Generation(generation=f"{row}", generation_start_time=at + row, generation_end_time=at + row + 0.5)


def write(path: Path, rows: range, at: float = 1000.0) -> Path:
    lines = [record({"id": row}, generation(row, at), {"symbolic_correct": True}) for row in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def begin(folder: Path, shard: Shard, at: float = 1000.0) -> Path:
    path = folder / f"{shard.stem}.jsonl.journal"
    journal = Journal(path, benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows)
    for row in shard.rows:
        journal.add_generation(row, generation(row, at))
    journal.close()
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write(tmp_path / "output-rs0.jsonl", range(4))


CHUNK = Shard("aime24", 0, range(2, 4), chunk=1, num_chunks=2)


def test_a_chunk_that_is_in_the_whole_output_is_removed(tmp_path: Path, whole: Path) -> None:
    chunk = write(tmp_path / f"{CHUNK.stem}.jsonl", CHUNK.rows)
    remove_leftovers(tmp_path)
    assert (chunk.exists(), whole.exists()) == (False, True)


@pytest.mark.parametrize("shard", [Shard("aime24", 0, range(4)), CHUNK], ids=["whole", "chunk"])
def test_a_journal_that_is_in_the_whole_output_is_removed(tmp_path: Path, whole: Path, shard: Shard) -> None:
    journal = begin(tmp_path, shard)
    remove_leftovers(tmp_path)
    assert not journal.exists()


def test_a_chunks_journal_that_became_its_output_is_removed(tmp_path: Path) -> None:
    chunk, journal = write(tmp_path / f"{CHUNK.stem}.jsonl", CHUNK.rows), begin(tmp_path, CHUNK)
    remove_leftovers(tmp_path)
    assert (chunk.exists(), journal.exists()) == (True, False)


def test_what_holds_other_generations_stays(tmp_path: Path, whole: Path) -> None:
    chunk, journal = write(tmp_path / f"{CHUNK.stem}.jsonl", CHUNK.rows, at=5.0), begin(tmp_path, CHUNK, at=9.0)
    remove_leftovers(tmp_path)
    assert (chunk.exists(), journal.exists()) == (True, True)


def turn(row: int, name: str, at: float = 1000.0) -> Turn:
    return Turn(name=name, generation="", generation_start_time=at + row, generation_end_time=at + row + 0.2)


def begin_turns(folder: Path, *turns: tuple[int, Turn]) -> Path:
    path = folder / "output-rs0.jsonl.journal"
    journal = Journal(path, benchmark="scicode", seed=0, rows=range(4))
    for row, each in turns:
        journal.add_turn(row, each)
    journal.close()
    return path


def test_turns_of_an_unfinished_sample_that_are_in_no_output_stay(tmp_path: Path, whole: Path) -> None:
    journal = begin_turns(tmp_path, (2, turn(2, "2.1", at=7.0)))
    remove_leftovers(tmp_path)
    assert journal.exists()


@pytest.mark.parametrize("field", ["turns", "steps"])
def test_turns_that_are_in_their_rows_record_are_removed(tmp_path: Path, field: str) -> None:
    records = [json.loads(msgspec.json.encode(record({"id": row}, generation(row), {}))) for row in range(4)]
    records[2][field] = [msgspec.to_builtins(turn(2, "2.1"))]
    (tmp_path / "output-rs0.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    journal = begin_turns(tmp_path, (2, turn(2, "2.1")))
    remove_leftovers(tmp_path)
    assert not journal.exists()


def test_what_another_row_holds_at_the_same_times_is_no_copy(tmp_path: Path, whole: Path) -> None:
    journal = begin(tmp_path, Shard("aime24", 0, range(1, 5)), at=999.0)  # row 1 has the times of row 0
    chunk = tmp_path / f"{CHUNK.stem}.jsonl"
    chunk.write_text(json.dumps(record({"id": "another"}, generation(2), {})) + "\n")
    remove_leftovers(tmp_path)
    assert (chunk.exists(), journal.exists()) == (True, True)


def test_a_generation_that_nobody_was_asked_for_is_told_by_its_row(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "output-rs0.jsonl.journal"
    journal = Journal(path, benchmark="aime24", seed=0, rows=range(4))
    journal.add_generation(1, Generation(generation="given"))
    journal.close()
    remove_leftovers(tmp_path)
    assert path.exists()


def test_a_journal_without_an_answer_is_removed(tmp_path: Path, whole: Path) -> None:
    journal = begin_turns(tmp_path)
    remove_leftovers(tmp_path)
    assert not journal.exists()


def test_a_journal_that_holds_something_else_than_answers_stays(tmp_path: Path, whole: Path) -> None:
    journal = begin_turns(tmp_path)
    with journal.open("ab") as file:
        file.write(b'{"row":1,"grade":{"symbolic_correct":true}}\n')
    remove_leftovers(tmp_path)
    assert journal.exists()


def test_what_is_damaged_stays(tmp_path: Path, whole: Path) -> None:
    chunk = tmp_path / f"{CHUNK.stem}.jsonl"
    chunk.write_bytes(b'{"id": \xff')
    remove_leftovers(tmp_path)
    assert chunk.exists()


def test_what_is_being_written_stays_too(tmp_path: Path, whole: Path) -> None:
    journal = begin(tmp_path, CHUNK)
    with locked(shard_lock(tmp_path, CHUNK.stem), "it"):
        remove_leftovers(tmp_path)
    assert journal.exists()


def test_what_has_no_output_beside_it_stays(tmp_path: Path) -> None:
    journal = begin(tmp_path, CHUNK)
    remove_leftovers(tmp_path)
    assert journal.exists()
