"""What the pages are made of: keeps what is expensive to find, and answers each address. Blocks: use it in threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from markupsafe import Markup

from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError, UsageError
from northstar.pages.environment import environment
from northstar.pages.latex import MathTime, mathml
from northstar.pages.sample import shown_sample
from northstar.pages.text import first_line
from northstar.results.layout import judge_folder_name
from northstar.viewing import pages
from northstar.viewing.asked import Asked, changed_at
from northstar.viewing.choosing import WITH_OTHER, Choice, Rows, aligned, choice_of, chosen_rows, shares_of
from northstar.viewing.grid import ABSENT, Grid
from northstar.viewing.records import read_line, read_record, row_of
from northstar.viewing.run import Run, scores_of
from northstar.viewing.search import Found, search
from northstar.viewing.standing import failures_of, hours_of, tables_of

MATH_SECONDS = 0.03
"""For all formulas of a sample: its page is to be there in 50 ms."""
SEARCH_KEPT_SECONDS = 30.0
"""How old what a search found may be while the run goes on."""


class NotThere(NorthstarError):
    """An address of nothing; becomes a 404."""


class _Problem(msgspec.Struct):
    problem: Any = None
    question: Any = None
    prompt: Any = None


_problem = msgspec.json.Decoder(_Problem).decode


class Viewer:
    """The pages of some runs."""

    def __init__(self, runs: Sequence[Run], extra: Sequence[Path] = ()) -> None:
        self.site = pages.Site(runs)
        self._extra = tuple(extra)
        self._searches: dict[tuple[int, str, str], tuple[float, Grid, Found]] = {}
        self._asked: dict[tuple[int, str], tuple[int, Asked]] = {}
        self._searching = threading.Semaphore(2)  # each takes a core, and pages need threads, too
        self._lock = threading.Lock()
        self._aligned = lru_cache(maxsize=8)(aligned)
        self._shares = lru_cache(maxsize=8)(shares_of)
        self._failures = lru_cache(maxsize=32)(failures_of)
        self._hours = lru_cache(maxsize=8)(hours_of)

    def look(self) -> None:
        """Bring all runs up to date."""
        for run in self.site.runs:
            run.look()

    def prepare(self) -> None:
        """Load what the first pages would else wait for: the templates, and what draws formulas."""
        for env in (environment("northstar.viewing"), environment()):
            for name in env.list_templates(extensions=["html"]):
                env.get_template(name)
        mathml("x", MathTime())

    def stop(self) -> None:
        """End an indexing that goes on."""
        for run in self.site.runs:
            run.stopped = True

    def overview(self) -> Markup:
        tables = {number: tables_of(run.folder, self._extra) for number, run in enumerate(self.site.runs)}
        failed = {
            number: [
                (each.benchmark, each.kind, each.many, pages.address(number, each.benchmark, each.row, each.column))
                for name in sorted(run.grids)
                for each in self._failures(name, run.grids[name])
            ]
            for number, run in enumerate(self.site.runs)
        }
        hours = {
            number: self._hours(run.folder, changed_at(run.folder), tuple(run.grids.values()))
            for number, run in enumerate(self.site.runs)
            if run.is_indexed and run.is_whole
        }
        return pages.overview(self.site, tables, failed, hours)

    def grid(self, run: int, benchmark: str, query: Mapping[str, str]) -> Markup:
        """Return a page of a grid. Raises NotThere, UsageError."""
        grid = self._grid(run, benchmark)
        choice = choice_of(query, compared=len(self.site.runs) > 1)
        rows, found = self._chosen(run, benchmark, grid, choice)
        lines = []
        for row in pages.page_rows(rows, choice.page):
            others = [cells for _, cells in self._others(run, benchmark, grid, int(row))]
            text = self._text(run, benchmark, grid, int(row))
            lines.append(pages.row_line(run, benchmark, grid, int(row), text, others, choice.query()))
        return pages.grid_page(self.site, run, benchmark, grid, choice, lines, len(rows), found)

    def sample(self, run: int, benchmark: str, row: int, column: int, query: Mapping[str, str]) -> Markup:
        """Return a sample's page. Raises NotThere, NorthstarError."""
        grid = self._grid(run, benchmark)
        choice = choice_of(query, compared=len(self.site.runs) > 1)
        found = self.record(run, benchmark, row, column)
        seed, name = grid.seeds[column], str(found.get("id", f"row {row}"))[:80]
        shown = shown_sample(
            found,
            title=f"{benchmark} · {name} · {'greedy' if seed is None else f'seed {seed}'}",
            messages=self._of(run, benchmark).messages(row_of(found)),
            scores=scores_of(benchmark, self._extra),
            math_seconds=MATH_SECONDS,
            judged=self._judged(run, benchmark, row, seed, found.get("judge")),
        )
        rows, _ = self._chosen(run, benchmark, grid, choice)
        places = np.flatnonzero(rows == row)
        near = [int(places[0]) + step if len(places) else -1 for step in (-1, 1)]
        before, after = (
            self._near(run, benchmark, grid, int(rows[place]), column) + choice.query()
            if 0 <= place < len(rows)
            else ""
            for place in near
        )
        return pages.sample_page(
            self.site,
            run,
            benchmark,
            grid,
            row,
            column,
            shown.html(heading=1),
            before=before,
            after=after,
            choice=choice,
            others=self._others(run, benchmark, grid, row),
        )

    def record(self, run: int, benchmark: str, row: int, column: int) -> dict[str, Any]:
        """Return a generation as a record. Raises NotThere, NorthstarError."""
        grid = self._grid(run, benchmark)
        where = grid.where(row, column)
        if where is None:
            raise NotThere(f"{benchmark} has no generation of row {row} there.")
        found = read_record(where, self._row(run, benchmark, grid, row) if where.is_journal else {})
        again = None if grid.regraded is None else grid.regraded.where(row, column)
        return found if again is None else found | read_record(again, {})

    def _judged(self, run: int, benchmark: str, row: int, seed: int | None, known: object) -> list[dict[str, Any]]:
        """Return what judges said of a generation that its record has not; `known`: the judge that it has."""
        found = []
        for judge, grid in self.site.runs[run].judged.get(benchmark, {}).items():
            where = grid.where(row, grid.seeds.index(seed)) if seed in grid.seeds else None
            if where is not None:
                line = read_record(where, {})
                said = {"judge": judge, "judgement": line.get("generation")} if where.is_journal else {}
                if (line | said).get("judge") not in (None, known) and judge != judge_folder_name(str(known)):
                    found.append(line | said)
        return found

    def _grid(self, run: int, benchmark: str) -> Grid:
        runs = self.site.runs
        grid = runs[run].grids.get(benchmark) if 0 <= run < len(runs) else None
        if grid is None:
            waiting = " Its files are being indexed; reload the page." if self.site.indexing else ""
            raise NotThere(f"there is no benchmark {benchmark[:100]} in this run.{waiting}")
        return grid

    def _chosen(self, run: int, benchmark: str, grid: Grid, choice: Choice) -> tuple[Rows, Found | None]:
        base = next((each for each in self._beside(run) if benchmark in self.site.runs[each].grids), None)
        other = None if base is None else self._shares(grid, self.site.runs[base].grids[benchmark])
        if other is None and {choice.show, choice.order} & set(WITH_OTHER):
            raise UsageError(f"no other run has {benchmark}.")
        rows = chosen_rows(grid, choice, other)
        if not choice.text:
            return rows, None
        found = self._found(run, benchmark, grid, choice.text)
        return rows[np.isin(rows, np.fromiter(found.rows, np.int64, len(found.rows)))], found

    def _found(self, run: int, benchmark: str, grid: Grid, text: str) -> Found:
        key = (run, benchmark, text)
        with self._lock:
            kept = self._searches.get(key)
            if kept is not None and (kept[1] is grid or monotonic() - kept[0] < SEARCH_KEPT_SECONDS):
                return kept[2]
        with self._searching:
            found = search(grid, text)
        with self._lock:
            while len(self._searches) >= 16:
                self._searches.pop(next(iter(self._searches)))
            self._searches[key] = (monotonic(), grid, found)
        return found

    def _beside(self, run: int) -> list[int]:
        """Return the numbers of the other runs, the first first."""
        return [number for number in range(len(self.site.runs)) if number != run]

    def _others(self, run: int, benchmark: str, grid: Grid, row: int) -> list[tuple[str, list[pages.Cell]]]:
        """Return name and cells of the same row in each other run with this benchmark."""
        found: list[tuple[str, list[pages.Cell]]] = []
        for number in self._beside(run):
            other = self.site.runs[number].grids.get(benchmark)
            if other is not None:
                place = int(self._aligned(grid, other)[row]) if other.rows else -1
                theirs = pages.cells(number, benchmark, other, place) if place >= 0 else []
                found.append((self.site.runs[number].name, theirs))
        return found

    def _near(self, run: int, benchmark: str, grid: Grid, row: int, column: int) -> str:
        """Return the address of a row's sample: of the same seed, else of the first that is there."""
        there = np.flatnonzero(grid.verdicts[row] != ABSENT)
        place = column if column in there else int(there[0]) if len(there) else 0
        return pages.address(run, benchmark, row, place)

    def _row(self, run: int, benchmark: str, grid: Grid, row: int) -> dict[str, Any]:
        """Return a row's own fields: as prepared, else of the record of another seed, whose grade may have more."""
        if prepared := self._of(run, benchmark).row(row):
            return prepared
        for column in range(len(grid.seeds)):
            where = grid.where(row, column)
            if where is not None and not where.is_journal:
                return row_of(read_record(where, {}))
        return {}

    def _text(self, run: int, benchmark: str, grid: Grid, row: int) -> Markup:
        """Return the beginning of a row's problem."""
        try:
            for column in range(len(grid.seeds)):
                where = grid.where(row, column)
                if where is not None and not where.is_journal:
                    return _first(_problem(read_line(where.path, where.start, where.size)))
            return _first(msgspec.convert(self._of(run, benchmark).row(row), _Problem))
        except (OSError, NorthstarError, msgspec.DecodeError, ValueError, RecursionError):
            return Markup("")

    def _of(self, run: int, benchmark: str) -> Asked:
        """Return what was asked, read anew when run.json has changed."""
        shown = self.site.runs[run]
        changed = changed_at(shown.folder)
        with self._lock:
            kept = self._asked.get((run, benchmark))
            if kept is None or kept[0] != changed:
                kept = changed, Asked(shown.folder, benchmark, shown.grids[benchmark].seeds[0], self._extra)
                self._asked[run, benchmark] = kept
            return kept[1]


def _first(found: _Problem) -> Markup:
    text = next((each for each in (found.problem, found.question, found.prompt) if each), "")
    return first_line(text if isinstance(text, str) else str(text), 160) or Markup("(no text)")
