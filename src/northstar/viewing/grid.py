"""One benchmark of a run as arrays of rows × seeds, put together from the indexes of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from northstar.pages.verdict import Verdict
from northstar.results.layout import OutputFile, chunk_rows, whole_and_cut
from northstar.viewing.index import Index
from northstar.viewing.scan import CUT, ENTRY, UNFINISHED

ABSENT = 255
"""In place of a verdict: not generated yet."""
MOST_CELLS = 16_000_000
"""64 seeds of the 196,588 rows of MMMLU have 12.6 million; a cell takes 25 bytes."""


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
    regraded: Grid | None = None
    """New grades of the same rows and seeds, that count in place of its own."""

    def of_entries(self, name: str) -> npt.NDArray[Any]:
        """Return a field of each generation's entry, [rows, seeds]; 0 where there is none."""
        found = np.zeros(self.verdicts.shape, ENTRY[name])
        for number, part in enumerate(self.parts):
            mine = self._places[..., 0] == number
            found[mine] = part.index.entries[name][self._places[mine][:, 1]]
        return found

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
    rows = min(max([*lasts, *headers], default=0), MOST_CELLS // len(columns))  # a header may say anything
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


def with_grades_of(grid: Grid, again: Grid) -> tuple[Grid, int]:
    """Return a grid in which new grades count, and how many generations have none; those of other times are none."""
    column = [again.seeds.index(seed) if seed in again.seeds else -1 for seed in grid.seeds]
    rows = min(grid.rows, again.rows)

    def aligned(values: npt.NDArray[Any], nothing: int) -> npt.NDArray[Any]:
        found = np.full(grid.verdicts.shape, nothing, values.dtype)
        for mine, theirs in enumerate(column):
            if theirs >= 0:
                found[:rows, mine] = values[:rows, theirs]
        return found

    said = aligned(again.verdicts, ABSENT)
    for name in ("began", "ended"):
        said[aligned(again.of_entries(name), 0) != grid.of_entries(name)] = ABSENT
    ending, there = grid.of_entries("ending"), said != ABSENT
    worse = there & (said != Verdict.RIGHT)
    said[worse & ((ending & UNFINISHED) > 0) & (said != Verdict.UNGRADED)] = Verdict.NO_ANSWER
    said[worse & ((ending & CUT) > 0) & (said != Verdict.PARTLY)] = Verdict.CUT_OFF
    said[grid.verdicts == Verdict.ERROR] = Verdict.ERROR
    said[grid.verdicts == ABSENT] = ABSENT
    lacking = int(((said == ABSENT) & (grid.verdicts != ABSENT)).sum())
    places = np.stack([aligned(again._places[..., each], -1) for each in (0, 1)], axis=-1)
    places[~there] = -1
    graded = replace(again, seeds=grid.seeds, verdicts=said, ids=grid.ids, _places=places)
    answers = np.where(there, aligned(again.answers, 0), np.uint64(0))
    return replace(grid, verdicts=said, answers=answers, regraded=graded), lacking


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
