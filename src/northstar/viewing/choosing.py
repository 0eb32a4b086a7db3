"""Which rows of a grid are listed, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt

from northstar.core.errors import UsageError
from northstar.pages.verdict import Verdict
from northstar.viewing.grid import ABSENT, Grid

SHOWS = ("all", *(verdict.style for verdict in Verdict), "mixed", "all-wrong", "flipped", "better", "worse")
ORDERS = ("row", "longest", "shortest", "disagreement", "hardest", "easiest", "flips")
WITH_OTHER = ("flipped", "better", "worse", "flips")
ROWS_A_PAGE = 50

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """What a grid's address asks for.

    Attributes:
        show: One of SHOWS.
        order: One of ORDERS.
        text: What to search for; '' for nothing.
        page: From 1.
    """

    show: str = "all"
    order: str = "row"
    text: str = ""
    page: int = 1

    def query(self, **changes: str | int) -> str:
        """Return it as the query of an address, with some of it changed; '' where all is as usual."""
        values = {"show": self.show, "order": self.order, "q": self.text, "page": self.page, **changes}
        usual: dict[str, str | int] = {"show": "all", "order": "row", "q": "", "page": 1}
        told = {name: value for name, value in values.items() if value != usual.get(name)}
        return "?" + urlencode(told) if told else ""


def choice_of(query: Mapping[str, str], *, compared: bool) -> Choice:
    """Read an address's query. Raises UsageError for a value that is none."""
    show, order = query.get("show", "all"), query.get("order", "row")
    for name, value, known in (("show", show, SHOWS), ("order", order, ORDERS)):
        if value not in known:
            raise UsageError(f"there is no {name}={value}; it may be {', '.join(known)}.")
        if value in WITH_OTHER and not compared:
            raise UsageError(f"{name}={value} compares two runs; open both: ns view OUT OTHER.")
    page = query.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < len(page) < 8):
        raise UsageError("page must be a number from 1.")
    return Choice(show, order, query.get("q", "")[:200], max(1, int(page)))


def chosen_rows(grid: Grid, choice: Choice, other: npt.NDArray[np.float64] | None = None) -> Rows:
    """Return the rows that a choice shows, in its order, but for its text.

    Args:
        grid: The generations.
        choice: What is asked.
        other: [rows], the share of right answers in the run to compare with; NaN where it has none.
    """
    rows = np.flatnonzero(_shown(grid, choice.show, other))
    keys = _keys(grid, choice.order, other)
    return rows if keys is None else rows[np.argsort(keys[rows], kind="stable")]


def aligned(grid: Grid, other: Grid) -> Rows:
    """Return for each row of `grid` the row of the same id in `other`, -1 for none; by position without ids."""
    if not grid.ids.any() or not other.ids.any():
        return np.where(np.arange(grid.rows) < other.rows, np.arange(grid.rows), -1)
    order = np.argsort(other.ids, kind="stable")
    places = np.minimum(np.searchsorted(other.ids[order], grid.ids), other.rows - 1)
    found = order[places]
    return np.where((other.ids[found] == grid.ids) & (grid.ids != 0), found, -1)


def shares_of(grid: Grid, other: Grid) -> npt.NDArray[np.float64]:
    """Return the shares of right answers of `other`, by the rows of `grid`."""
    rows = aligned(grid, other)
    return (
        np.where(rows >= 0, other.shares()[np.maximum(rows, 0)], np.nan) if other.rows else np.full(grid.rows, np.nan)
    )


def flips(grid: Grid, other: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """Return for each row 1 if only `other` is right more often than not, -1 if only the grid is, else 0."""
    mine = grid.shares()
    known = ~np.isnan(mine) & ~np.isnan(other)
    return np.where(known, (other > 0.5).astype(np.int8) - (mine > 0.5).astype(np.int8), 0).astype(np.int8)


def _shown(grid: Grid, show: str, other: npt.NDArray[np.float64] | None) -> npt.NDArray[np.bool_]:
    if show == "mixed":
        shares = grid.shares()
        return (shares > 0) & (shares < 1)
    if show == "all-wrong":
        return np.asarray(grid.shares() == 0)
    if show in WITH_OTHER and other is not None:
        turned = flips(grid, other)
        return np.asarray({"flipped": turned != 0, "better": turned > 0, "worse": turned < 0}[show])
    if show == "all":
        return np.asarray((grid.verdicts != ABSENT).any(axis=1))
    verdict = next(each for each in Verdict if each.style == show)
    return np.asarray((grid.verdicts == verdict).any(axis=1))


def _keys(grid: Grid, order: str, other: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    """Return what rows are sorted by, smallest first; None for their own order."""
    if order in ("longest", "shortest"):
        longest = grid.tokens.max(axis=1).astype(np.float64)
        return np.asarray(-longest if order == "longest" else longest)
    if order == "disagreement":
        return -disagreement(grid)
    if order in ("hardest", "easiest"):
        shares = grid.shares()
        return np.asarray(np.where(np.isnan(shares), 2, shares if order == "hardest" else -shares))
    if order == "flips" and other is not None:
        return np.asarray(-np.nan_to_num(np.abs(other - grid.shares()), nan=-1))
    return None


def disagreement(grid: Grid) -> npt.NDArray[np.float64]:
    """Return for each row how its seeds' answers differ: the share of pairs that do, by answer where there are some."""
    keys = np.where(grid.answers != 0, grid.answers, grid.verdicts.astype(np.uint64) + 1)
    there = grid.verdicts != ABSENT
    keys = np.sort(np.where(there, keys, np.uint64(0)), axis=1)
    number = there.sum(axis=1).astype(np.float64)
    # Of sorted keys, equal neighbours tell the sizes of groups; summed squares of sizes are the pairs that agree.
    agreeing = np.zeros(len(keys))
    run = np.ones(len(keys))
    for column in range(keys.shape[1]):
        present = keys[:, column] != 0
        same = present & (keys[:, column] == keys[:, column - 1]) if column else np.zeros(len(keys), bool)
        run = np.where(same, run + 1, 1)
        agreeing += np.where(present, run - 1, 0)
    pairs = number * (number - 1) / 2
    return np.where(pairs > 0, 1 - agreeing / np.maximum(pairs, 1), 0)
