"""The pages of `ns view`, as HTML: the overview, a benchmark's grid, a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from northstar.costs.hours import HoursSpent
from northstar.pages.environment import environment
from northstar.pages.verdict import Verdict
from northstar.viewing.choosing import ORDERS, ROWS_A_PAGE, SHOWS, WITH_OTHER, Choice, Rows
from northstar.viewing.grid import ABSENT, Grid
from northstar.viewing.run import Run
from northstar.viewing.search import Found

_MOST_PAGES_SHOWN = 10**6
LABELS = {
    "all": "all rows",
    "right": "some right",
    "wrong": "some wrong",
    "partly": "some partly right",
    "no-answer": "some without an answer",
    "cut-off": "some cut off",
    "error": "some with an error",
    "ungraded": "some not graded",
    "mixed": "right and wrong",
    "all-wrong": "never right",
    "flipped": "flipped between the runs",
    "better": "better in the other run",
    "worse": "worse in the other run",
    "row": "by row",
    "longest": "longest first",
    "shortest": "shortest first",
    "disagreement": "most disagreement first",
    "hardest": "hardest first",
    "easiest": "easiest first",
    "flips": "largest difference first",
}


@dataclass(frozen=True)
class Site:
    """What every page shows: the runs, and how the indexing stands."""

    runs: Sequence[Run]

    @property
    def version(self) -> str:
        return ".".join(f"{run.version}-{run.indexed * 50 // max(run.bytes, 1)}" for run in self.runs)

    @property
    def indexing(self) -> str:
        """A sentence on what is being indexed; '' when all is."""
        if all(run.is_indexed for run in self.runs):
            return ""
        done, whole = sum(run.indexed for run in self.runs), sum(run.bytes for run in self.runs)
        return f"Indexing: {done / 1e6:,.0f} of {whole / 1e6:,.0f} MB."


def address(run: int, benchmark: str, row: int | None = None, column: int | None = None) -> str:
    """Return the path of a grid, or of a sample."""
    parts = [str(run), quote(benchmark, safe="")]
    if row is not None:
        parts += [str(row), str(column)]
    return "/" + "/".join(parts)


@dataclass(frozen=True)
class Line:
    """A benchmark in the overview."""

    name: str
    link: str
    rows: int
    seeds: int
    done: int
    expected: int
    accuracy: str
    counts: Sequence[tuple[Verdict, int]]


def overview(
    site: Site,
    tables: Mapping[int, Sequence[tuple[str, Sequence[Sequence[str]]]]],
    failed: Any,
    hours: Mapping[int, HoursSpent | None],
) -> Markup:
    """Return the first page.

    Args:
        site: The runs.
        tables: Run → title and cells of each of its tables.
        failed: Run → (benchmark, kind of error, how many, link to one).
        hours: Run → what its servers were held for.
    """
    lines = [
        [_line(number, name, run.grids[name]) for name in sorted(run.grids)] for number, run in enumerate(site.runs)
    ]
    return _page("overview.html", site=site, lines=lines, tables=tables, failed=failed, hours=hours, title="Northstar")


def _line(run: int, name: str, grid: Grid) -> Line:
    counts = grid.counts()
    graded = grid.done - counts[Verdict.UNGRADED]
    return Line(
        name=name,
        link=address(run, name),
        rows=grid.rows,
        seeds=len(grid.seeds),
        done=grid.done,
        expected=grid.expected,
        accuracy=f"{100 * counts[Verdict.RIGHT] / graded:.2f}%" if graded else "–",
        counts=[(verdict, number) for verdict, number in counts.items() if number],
    )


@dataclass(frozen=True)
class Cell:
    """A generation in a grid; `verdict` None: not there yet."""

    verdict: Verdict | None
    link: str
    title: str


@dataclass(frozen=True)
class RowLine:
    """A row in a grid."""

    row: int
    text: Markup
    link: str
    cells: Sequence[Cell]
    others: Sequence[Sequence[Cell]]
    right: str
    tokens: str


def cells(run: int, benchmark: str, grid: Grid, row: int, query: str = "") -> list[Cell]:
    """Return a row's generations."""
    found = []
    for column, seed in enumerate(grid.seeds):
        code = int(grid.verdicts[row, column])
        verdict = None if code == ABSENT else Verdict(code)
        name = "greedy" if seed is None else f"seed {seed}"
        title = f"{name}: {'not there yet' if verdict is None else verdict.words}"
        found.append(Cell(verdict, address(run, benchmark, row, column) + query, title))
    return found


def row_line(
    run: int, benchmark: str, grid: Grid, row: int, text: Markup, others: Sequence[Sequence[Cell]], query: str
) -> RowLine:
    """Return one line of a grid."""
    mine = cells(run, benchmark, grid, row, query)
    share = grid.share(row)
    known = grid.tokens[row][grid.tokens[row] >= 0]
    return RowLine(
        row=row,
        text=text,
        link=next((cell.link for cell in mine if cell.verdict is not None), mine[0].link),
        cells=mine,
        others=others,
        right="–" if share is None else f"{100 * share:.0f}%",
        tokens=f"{known.mean():,.0f}" if len(known) else "–",
    )


def grid_page(
    site: Site,
    run: int,
    benchmark: str,
    grid: Grid,
    choice: Choice,
    lines: Sequence[RowLine],
    chosen: int,
    found: Found | None,
) -> Markup:
    """Return one page of a grid.

    Args:
        site, run, benchmark, grid, choice: What is shown.
        lines: The rows of this page.
        chosen: How many rows there are on all pages.
        found: What a search gave, if there was one.
    """
    pages = max(1, -(-chosen // ROWS_A_PAGE))
    compared = len(site.runs) > 1
    return _page(
        "grid.html",
        site=site,
        run=run,
        benchmark=benchmark,
        line=_line(run, benchmark, grid),
        grid=grid,
        choice=choice,
        lines=lines,
        chosen=chosen,
        pages=min(pages, _MOST_PAGES_SHOWN),
        shows=[(name, LABELS[name]) for name in SHOWS if compared or name not in WITH_OTHER],
        orders=[(name, LABELS[name]) for name in ORDERS if compared or name not in WITH_OTHER],
        found=found,
        others=[each.name for number, each in enumerate(site.runs) if number != run and benchmark in each.grids],
        title=f"{benchmark} · {site.runs[run].name}",
        runs=[
            (number, each.name, address(number, benchmark))
            for number, each in enumerate(site.runs)
            if benchmark in each.grids
        ],
    )


def sample_page(
    site: Site,
    run: int,
    benchmark: str,
    grid: Grid,
    row: int,
    column: int,
    sample: Markup,
    *,
    before: str,
    after: str,
    choice: Choice,
    others: Sequence[tuple[str, Sequence[Cell]]],
) -> Markup:
    """Return a sample's page; `before` and `after` are the addresses of its neighbours in the list, '' for none."""
    strip = cells(run, benchmark, grid, row, choice.query())
    return _page(
        "sample_page.html",
        site=site,
        run=run,
        benchmark=benchmark,
        row=row,
        column=column,
        strip=strip,
        others=others,
        sample=sample,
        before=before,
        after=after,
        left=strip[column - 1].link if column else "",
        right=strip[column + 1].link if column + 1 < len(strip) else "",
        back=address(run, benchmark) + choice.query(),
        raw=f"/raw{address(run, benchmark, row, column)}",
        title=f"{benchmark} row {row}",
    )


def message_page(site: Site, message: str) -> Markup:
    """Return a page that says why there is no other."""
    return _page("message.html", site=site, message=message, title="Northstar")


def page_rows(rows: Rows, page: int) -> Rows:
    """Return the rows of one page, from 1."""
    return rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]


def _page(template: str, **values: Any) -> Markup:
    return Markup(environment("northstar.viewing").get_template(template).render(**values))
