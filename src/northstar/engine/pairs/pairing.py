"""Puts another answer beside each record that is judged: the row's own baseline, or another run's answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from northstar.config.pairs import PairsOf
from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.data.rows import RowFile, Rows
from northstar.engine.open_shard import Procedure
from northstar.graders.pairs.judgement import PairJudgement
from northstar.results.layout import Shard, benchmark_folder, whole_path
from northstar.solvers.ask_pair import AskPair


def paired_procedure(procedure: Procedure) -> Procedure:
    """Return the procedure of a judge that compares two answers."""
    return replace(procedure, solver=AskPair(), grader=PairJudgement())


@dataclass(frozen=True, slots=True)
class OtherAnswers:
    """The records of another run's output, by row id."""

    path: Path
    file: RowFile
    places: Mapping[str, int]

    def answer(self, row: Row) -> str:
        """Return the other answer to a row's problem. Raises NorthstarError if there is none, or to another problem."""
        place = self.places.get(str(row["id"]))
        if place is None:
            raise NorthstarError(
                f"{self.path} has no row {row['id']!r}. The other run must have asked all rows of this one: ns eval "
                "there with the same ++max_samples, or name the run with fewer rows first."
            )
        record = self.file.row(place)
        if record.get("problem") != row.get("problem"):
            raise NorthstarError(
                f"{self.path} has another problem in row {row['id']!r} than this run; only answers to the same "
                "problems can be compared."
            )
        return answer_of(record)


@dataclass(frozen=True, slots=True)
class PairedRows:
    """Records with `answer_a`, the other answer, and `answer_b`, the judged one."""

    rows: Rows
    other: OtherAnswers | None

    def row(self, number: int) -> Row:
        row = self.rows.row(number)
        other = str(row.get("baseline_answer") or "") if self.other is None else self.other.answer(row)
        return row | {"answer_a": other, "answer_b": answer_of(row)}


def answer_of(record: Row) -> str:
    """Return a record's answer; '' where there is none: an error, or reasoning that never ended."""
    failed = record.get("error") is not None or record.get("reasoning_unfinished")
    return "" if failed else str(record.get("generation") or "")


def paired_rows(rows: Rows, pairs: PairsOf, shard: Shard, stack: ExitStack) -> PairedRows:
    """Open the other answers to a shard's rows. Raises NorthstarError if they can't be read."""
    if pairs.against is None:
        return PairedRows(rows, None)
    path = whole_path(benchmark_folder(pairs.against, shard.benchmark), shard.seed)
    file = RowFile.open(path)
    stack.callback(file.close)
    other = OtherAnswers(path, file, {str(file.row(at)["id"]): at for at in range(len(file))})
    for number in shard.rows:
        other.answer(rows.row(number))  # fails here, before the judge is asked, if it lacks a row
    return PairedRows(rows, other)
