"""Lists what new grades change: verdicts, and answers that are extracted otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.text import counted
from northstar.metrics.answers import JUDGE_SCORE
from northstar.reports.table import NOTHING, text_table
from northstar.results.layout import OutputFile, changes_path
from northstar.results.record_lines import parsed_record
from northstar.results.regradings import is_of
from northstar.results.state import output_files
from northstar.task.metrics import Metrics

MOST_SHOWN = 20
_LONGEST_ANSWER = 60
_encode = msgspec.json.Encoder().encode
Scores = dict[str, bool | float]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a regrading changes of one generation.

    Attributes:
        seed: None for the greedy generation.
        was, now: Score → value, of every score of the benchmark but a judge's.
        extracted_before, extracted: The predicted answer; None if there is none.
    """

    id: str | int
    seed: int | None
    was: Scores
    now: Scores
    extracted_before: Any = None
    extracted: Any = None

    @property
    def of_verdict(self) -> bool:
        return self.was != self.now


@dataclass
class Changes:
    """The changes of one benchmark; `first` has the first verdicts, the file all."""

    file: Path
    graded: int = 0
    now_better: int = 0
    now_worse: int = 0
    only_extracted: int = 0
    first: list[Change] = field(default_factory=list)

    @property
    def verdicts(self) -> int:
        return self.now_better + self.now_worse

    def count(self, change: Change) -> None:
        """Count one change."""
        if not change.of_verdict:
            self.only_extracted += 1
            return
        better = sum(change.now.values()) >= sum(change.was.values())
        self.now_better += better
        self.now_worse += not better
        if len(self.first) < MOST_SHOWN:
            self.first.append(change)

    def text(self, benchmark: str) -> str:
        """Return a sentence, and a table of the first changed verdicts."""
        how = f": {counted(self.now_better, 'score')} rose, {self.now_worse} fell" if self.verdicts else ""
        otherwise = f"; {self.only_extracted} extracted otherwise, of the same verdict" if self.only_extracted else ""
        graded, verdicts = counted(self.graded, "generation"), counted(self.verdicts, "verdict")
        head = f"{benchmark}: {graded} graded anew, {verdicts} changed{how}{otherwise}"
        if not self.first:
            return head
        cells = [["row", "seed", "was", "now", "extracted"], *map(_cells, self.first)]
        more = self.verdicts - len(self.first)
        tail = [f"… and {more} more in {self.file}"] if more else []
        return "\n".join([head, text_table(f"changed verdicts of {benchmark}", cells), *tail])


def find_changes(folder: Path, regraded: Path, metrics: Metrics) -> Changes:
    """Compare the new grades in `regraded` with those in `folder`, and write what changed into a file beside them.

    Raises NorthstarError.
    """
    names = tuple(name for name in metrics.scores if name != JUDGE_SCORE)
    found = Changes(changes_path(regraded))
    with whole_file(found.file, durable=False) as file:
        for output in output_files(folder):
            if output.is_whole and is_of(output.path, regraded / output.path.name):
                for change in _changes(output, regraded / output.path.name, names, metrics.answer):
                    found.graded += 1
                    if change is not None:
                        found.count(change)
                        file.write(_encode(change) + b"\n")
    return found


def read_changes(regraded: Path) -> Iterator[Change]:
    """Yield what `find_changes` wrote."""
    path, decode = changes_path(regraded), msgspec.json.Decoder(Change).decode
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield parsed_record(path, number, line, decode)


def _changes(output: OutputFile, graded: Path, names: Sequence[str], answer: str | None) -> Iterator[Change | None]:
    """Yield the change of each generation, None where nothing changed."""
    fields: list[Any] = [("id", str | int), *((name, bool | float | None, None) for name in names)]
    fields += [] if answer is None else [(answer, Any, None)]
    decode = msgspec.json.Decoder(msgspec.defstruct("Graded", fields, kw_only=True)).decode
    with output.path.open("rb") as old, graded.open("rb") as new:
        for number, (before, after) in enumerate(zip(old, new, strict=True), start=1):
            one: Any = parsed_record(output.path, number, before, decode)
            other: Any = parsed_record(graded, number, after, decode)
            if one == other:
                yield None
                continue
            yield Change(
                id=one.id,
                seed=output.seed,
                was={name: getattr(one, name) or False for name in names},
                now={name: getattr(other, name) or False for name in names},
                extracted_before=None if answer is None else getattr(one, answer),
                extracted=None if answer is None else getattr(other, answer),
            )


def _cells(change: Change) -> list[str]:
    seed = "greedy" if change.seed is None else str(change.seed)
    before, after = _answer(change.extracted_before), _answer(change.extracted)
    extracted = after if before == after else f"{before} → {after}"
    return [_answer(change.id), seed, _verdict(change.was), _verdict(change.now), extracted]


def _verdict(scores: Scores) -> str:
    if len(scores) == 1:
        return _value(next(iter(scores.values())))
    return ", ".join(f"{name} {_value(value)}" for name, value in scores.items())


def _value(score: bool | float) -> str:
    return ("right" if score else "wrong") if isinstance(score, bool) else f"{score:g}"


def _answer(value: Any) -> str:
    text = NOTHING if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST_ANSWER else text[: _LONGEST_ANSWER - 1] + "…"
