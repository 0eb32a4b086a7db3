"""Shards are locked; what was cut into other chunks is refused where it holds an answer, or may get one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks, locked
from northstar.core.records import Generation
from northstar.engine.shards import lock_shards
from northstar.results.journal import Journal
from northstar.results.layout import Shard, journal_path, shard_lock

WHOLE = Shard("aime24", 0, range(4))
CHUNK = Shard("aime24", 0, range(2), chunk=0, num_chunks=2)


def begin(folder: Path, shard: Shard, *answers: str) -> Path:
    """A journal with answers to the first rows."""
    path = journal_path(folder, shard)
    journal = Journal(path, benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows)
    for row, text in zip(shard.rows, answers, strict=False):
        journal.add_generation(row, Generation(generation=text))
    journal.close()
    return path


def lock(folder: Path, shard: Shard) -> None:
    with ExitStack() as stack:
        lock_shards(folder, [shard], Locks(stack), even_done=False)


@pytest.mark.parametrize(("before", "now"), [(CHUNK, WHOLE), (WHOLE, CHUNK)])
def test_answers_of_another_cut_are_refused_and_kept(tmp_path: Path, before: Shard, now: Shard) -> None:
    path = begin(tmp_path, before, "4")
    with pytest.raises(NorthstarError, match="in other chunks; use the same --num_chunks as before"):
        lock(tmp_path, now)
    assert path.exists()


@pytest.mark.parametrize(("before", "now"), [(CHUNK, WHOLE), (WHOLE, CHUNK)])
def test_another_cut_without_an_answer_is_removed(tmp_path: Path, before: Shard, now: Shard) -> None:
    path = begin(tmp_path, before)
    lock(tmp_path, now)
    assert not path.exists()


def test_another_cut_without_an_answer_that_is_worked_on_is_left_alone(tmp_path: Path) -> None:
    path = begin(tmp_path, CHUNK)
    with (
        locked(shard_lock(tmp_path, CHUNK.stem), "it"),
        pytest.raises(NorthstarError, match=r"output-rs0_chunk_0-of-2.jsonl is being written by process"),
    ):
        lock(tmp_path, WHOLE)
    assert path.exists()


def test_other_chunks_of_the_same_cut_are_left_alone(tmp_path: Path) -> None:
    path = begin(tmp_path, CHUNK)
    lock(tmp_path, Shard("aime24", 0, range(2, 4), chunk=1, num_chunks=2))
    assert path.exists()
