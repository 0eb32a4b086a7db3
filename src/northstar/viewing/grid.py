"""One benchmark of a run as arrays of rows × seeds, put together from the indexes of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from northstar.pages.verdict import Verdict
from northstar.results.layout import OutputFile, chunk_rows, whole_and_cut
from northstar.viewing.index import Index

ABSENT = 255
"""In place of a verdict: not generated yet."""


@dataclass(frozen=True)
class Part:
    """A file with its index; `first_row`: what its entries' rows count from."""

    file: OutputFile
    index: Index
    first_row: int = 0


class Where(NamedTuple):
    """Where a generation stands; `grade_start` as in an index's entry."""

    path: Path
    is_journal: bool
    start: int
    size: int
    grade_start: int
    grade_size: int


@dataclass(frozen=True, eq=False)
class Grid:
    """A benchmark's generations.

    Attributes:
        seeds: The columns; None is the greedy generation.
        verdicts, tokens, answers: [rows, seeds]; ABSENT, -1 and 0 where there is none.
        ids: [rows], hashes of the rows' ids; 0 where only journals have the row.
        expected: Generations that are to come in all, as far as files say.
        damaged: Lines that are no records.
        bytes: Size of its files.
    """

    seeds: tuple[int | None, ...]
    verdicts: npt.NDArray[np.uint8]
    tokens: npt.NDArray[np.int32]
    answers: npt.NDArray[np.uint64]
    ids: npt.NDArray[np.uint64]
    expected: int
    damaged: int
    bytes: int
    parts: tuple[Part, ...]
    _places: npt.NDArray[np.int32]
    """[rows, seeds, 2]: the file and the entry of a generation; -1 for none."""

    def times(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return when each generation began and ended, [done], as records say; 0 where they don't."""
        number, entry = (each[self._places[..., 0] >= 0] for each in np.moveaxis(self._places, -1, 0))
        began, ended = np.zeros(len(number)), np.zeros(len(number))
        for place, part in enumerate(self.parts):
            mine = part.index.entries[entry[number == place]]
            began[number == place], ended[number == place] = mine["began"], mine["ended"]
        return began, ended

    @property
    def rows(self) -> int:
        return len(self.ids)

    @property
    def done(self) -> int:
        """Generations that are there."""
        return int((self.verdicts != ABSENT).sum())

    def counts(self) -> dict[Verdict, int]:
        """Return how many generations have each verdict."""
        found = np.bincount(self.verdicts.ravel(), minlength=256)
        return {verdict: int(found[verdict]) for verdict in Verdict}

    def shares(self) -> npt.NDArray[np.float64]:
        """Return the share of right answers, [rows], among those graded; NaN where none is."""
        graded = (self.verdicts != ABSENT) & (self.verdicts != Verdict.UNGRADED)
        number = graded.sum(axis=1)
        right = (self.verdicts == Verdict.RIGHT).sum(axis=1)
        return np.where(number > 0, right / np.maximum(number, 1), np.nan)

    def share(self, row: int) -> float | None:
        """Return the share of right answers of one row; None where none is graded."""
        verdicts = self.verdicts[row]
        graded = int(((verdicts != ABSENT) & (verdicts != Verdict.UNGRADED)).sum())
        return int((verdicts == Verdict.RIGHT).sum()) / graded if graded else None

    def where(self, row: int, column: int) -> Where | None:
        """Return where a generation stands; None if there is none."""
        if not (0 <= row < self.rows and 0 <= column < len(self.seeds)):
            return None
        part, place = (int(each) for each in self._places[row, column])
        if part < 0:
            return None
        file, entry = self.parts[part].file, self.parts[part].index.entries[place]
        numbers = (int(entry[name]) for name in ("start", "size", "grade_start", "grade_size"))
        return Where(file.path, file.is_journal, *numbers)


def grid_of(parts: Sequence[Part]) -> Grid:
    """Put a benchmark's files together; the greedy generation's are shown only where there are no seeds."""
    seeds = {part.file.seed for part in parts}
    columns: list[int | None] = [*sorted(seed for seed in seeds if seed is not None)] or [None]
    mine = [part for part in parts if part.file.seed in columns]
    shown = [replace(part, first_row=0 if part.file.is_journal else _first_row(part, mine)) for part in mine]
    lasts = [part.first_row + int(part.index.entries["row"].max()) + 1 for part in shown if len(part.index.entries)]
    headers = [sum(part.index.header) for part in shown if part.index.header is not None]
    rows = min(max([*lasts, *headers], default=0), 50_000_000 // len(columns))  # a header may say anything
    size = (rows, len(columns))
    verdicts, tokens = np.full(size, ABSENT, np.uint8), np.full(size, -1, np.int32)
    answers, ids = np.zeros(size, np.uint64), np.zeros(rows, np.uint64)
    places = np.full((*size, 2), -1, np.int32)
    for number, part in enumerate(shown):
        entries = part.index.entries
        row = entries["row"] + part.first_row
        fits = row < rows
        row, column = row[fits], columns.index(part.file.seed)
        for target, name in ((verdicts, "verdict"), (tokens, "tokens"), (answers, "answer")):
            target[row, column] = entries[name][fits]
        known = entries["id"][fits]
        ids[row[known != 0]] = known[known != 0]
        places[row, column, 0], places[row, column, 1] = number, np.flatnonzero(fits)
    return Grid(
        seeds=tuple(columns),
        verdicts=verdicts,
        tokens=tokens,
        answers=answers,
        ids=ids,
        expected=rows * len(columns),
        damaged=sum(part.index.damaged for part in shown),
        bytes=sum(part.index.end for part in shown),
        parts=tuple(shown),
        _places=places,
    )


def with_verdicts_of(grid: Grid, judged: Grid) -> Grid:
    """Return a grid in which a judge's right and wrong replace those of symbols, where the judge has spoken."""
    verdicts = grid.verdicts.copy()
    rows = min(grid.rows, judged.rows)
    ours = [Verdict.RIGHT, Verdict.WRONG, Verdict.PARTLY, Verdict.UNGRADED]
    for column, seed in enumerate(grid.seeds):
        if seed in judged.seeds:
            said = judged.verdicts[:rows, judged.seeds.index(seed)]
            mine = verdicts[:rows, column]
            spoken = np.isin(said, [Verdict.RIGHT, Verdict.WRONG]) & np.isin(mine, ours)
            verdicts[:rows, column] = np.where(spoken, said, mine)
    return replace(grid, verdicts=verdicts)


def _first_row(part: Part, parts: Sequence[Part]) -> int:
    """Return the row of an output's first line: 0, but of a chunk, whose siblings tell how many rows all have."""
    if not part.file.is_chunk:
        return 0
    stem, number = whole_and_cut(part.file.stem)
    count, chunk = int(number), _chunk(part.file)
    siblings = {
        _chunk(each.file): each.index.header[1] if each.index.header else each.index.lines
        for each in parts
        if each.file.is_chunk and whole_and_cut(each.file.stem) == (stem, number)
    }
    least = part.index.lines * count - count
    for rows in range(max(0, least), part.index.lines * count + count + 1):
        if all(len(chunk_rows(rows, each, count)) == size for each, size in siblings.items()):
            return chunk_rows(rows, chunk, count).start
    return 0


def _chunk(file: OutputFile) -> int:
    return int(file.stem.rpartition("_chunk_")[2].partition("-of-")[0])
