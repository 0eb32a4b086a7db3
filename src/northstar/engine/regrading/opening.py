"""Opens finished outputs to grade them anew, each with its lock and a journal for the grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from northstar.core.lock import Locks
from northstar.core.records import Row
from northstar.data.rows import RowFile
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.regrading.corrections import CorrectedRows, Id, check_answers, read_answers
from northstar.engine.regrading.finished import Finished
from northstar.results.layout import Shard, journal_beside, path_of, shard_lock
from northstar.results.outputs import RecordOf
from northstar.results.regradings import RegradingJournal, is_of, regraded_record
from northstar.task.grader import Grader


@dataclass(frozen=True, slots=True)
class RegradedBy:
    """How a finished output is graded anew."""

    grader: Grader
    in_sandbox: bool
    record: RecordOf = regraded_record


@dataclass(frozen=True, slots=True)
class OpenOutput:
    """A finished output that is being graded anew, locked against other processes; `folder` holds the new grades."""

    shard: Shard
    rows: CorrectedRows
    procedure: RegradedBy
    journal: RegradingJournal
    counters: BenchmarkCounters
    folder: Path


def lock_outputs(finished: Sequence[Finished], locks: Locks) -> None:
    """Lock the new grades of every seed. Raises NorthstarError if another process writes them."""
    for part in finished:
        for seed in part.seeds:
            stem = part.output(seed).stem
            locks.take(shard_lock(part.regraded, stem), str(path_of(part.regraded, stem)))


def open_output(
    part: Finished, seed: int | None, answers: Mapping[Id, str], counts: BenchmarkCounters, stack: ExitStack
) -> OpenOutput | None:
    """Open a locked output and replay its grades; None if it is graded. Raises NorthstarError if it is damaged."""
    output = part.output(seed)
    records = RowFile.open(output)
    stack.callback(records.close)
    shard = Shard(part.name, seed, range(len(records)))
    grades = path_of(part.regraded, shard.stem)
    counts.total += len(records)
    counts.generated += len(records)
    if is_of(output, grades):
        counts.finished += len(records)
        journal_beside(grades).unlink(missing_ok=True)  # of a process that was killed just before it did so
        return None
    journal = RegradingJournal(journal_beside(grades), records, benchmark=shard.benchmark, seed=seed, counts=counts)
    stack.callback(journal.close)
    by = RegradedBy(part.grader, part.benchmark.programs != "none")
    return OpenOutput(shard, CorrectedRows(records, answers), by, journal, counts, part.regraded)


def answers_for(path: Path | None, finished: Sequence[Finished]) -> dict[Id, str]:
    """Read corrected answers and check that each has its row. Raises UsageError."""
    if path is None:
        return {}
    answers = read_answers(path)
    for part in finished:
        for seed in part.seeds[:1]:  # all seeds have the same rows
            check_answers(path, answers, _rows_of(part.output(seed)), part.name)
    return answers


def _rows_of(output: Path) -> dict[Id, Row]:
    """Return what a reference answer is checked by, for each row."""
    records = RowFile.open(output)
    try:
        rows = (records.row(number) for number in range(len(records)))
        return {row["id"]: {name: row[name] for name in ("expected_answer", "options") if name in row} for row in rows}
    finally:
        records.close()
