"""Units are locked; what was cut into other chunks is refused where it holds an answer, or may get one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks, locked
from northstar.core.records import Generation
from northstar.engine.units import lock_units
from northstar.results.journal import Journal
from northstar.results.outputs import journal_path
from northstar.results.unit import Unit, unit_lock

WHOLE = Unit("aime24", 0, range(4))
CHUNK = Unit("aime24", 0, range(2), chunk=0, num_chunks=2)


def begin(folder: Path, unit: Unit, *answers: str) -> Path:
    """A journal with answers to the first rows."""
    path = journal_path(folder, unit)
    journal = Journal(path, benchmark=unit.benchmark, seed=unit.seed, rows=unit.rows)
    for row, text in zip(unit.rows, answers, strict=False):
        journal.add_generation(row, Generation(generation=text))
    journal.close()
    return path


def lock(folder: Path, unit: Unit) -> None:
    with ExitStack() as stack:
        lock_units(folder, [unit], Locks(stack), even_done=False)


@pytest.mark.parametrize(("before", "now"), [(CHUNK, WHOLE), (WHOLE, CHUNK)])
def test_answers_of_another_cut_are_refused_and_kept(tmp_path: Path, before: Unit, now: Unit) -> None:
    path = begin(tmp_path, before, "4")
    with pytest.raises(NorthstarError, match="cut otherwise; use the same --num_chunks as before"):
        lock(tmp_path, now)
    assert path.exists()


@pytest.mark.parametrize(("before", "now"), [(CHUNK, WHOLE), (WHOLE, CHUNK)])
def test_another_cut_without_an_answer_is_removed(tmp_path: Path, before: Unit, now: Unit) -> None:
    path = begin(tmp_path, before)
    lock(tmp_path, now)
    assert not path.exists()


def test_another_cut_without_an_answer_that_is_worked_on_is_left_alone(tmp_path: Path) -> None:
    path = begin(tmp_path, CHUNK)
    with (
        locked(unit_lock(tmp_path, CHUNK.stem), "it"),
        pytest.raises(NorthstarError, match=r"output-rs0_chunk_0-of-2.jsonl is being written by process"),
    ):
        lock(tmp_path, WHOLE)
    assert path.exists()


def test_other_chunks_of_the_same_cut_are_left_alone(tmp_path: Path) -> None:
    path = begin(tmp_path, CHUNK)
    lock(tmp_path, Unit("aime24", 0, range(2, 4), chunk=1, num_chunks=2))
    assert path.exists()
