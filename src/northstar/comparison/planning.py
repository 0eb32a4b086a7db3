"""`ns plan`: how many seeds tell a difference, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from northstar.comparison.published import Published
from northstar.comparison.spread import Spread
from northstar.core.errors import UsageError
from northstar.reports.table import NOTHING, Cells, text_table
from northstar.statistics.planning import difference_told, seeds_to_tell


@dataclass(frozen=True)
class Cost:
    """What some seeds of a benchmark cost; None where it is not known."""

    tokens: float | None = None
    hours: float | None = None
    gpu_hours: float | None = None


@dataclass(frozen=True)
class Planned:
    """What tells a difference on one benchmark.

    Attributes:
        benchmark, score, rows, k: As in Spread.
        told: The smallest difference that the present k tells, in points; None without a run.
        seeds: The seeds that tell the difference asked for; None where no number of them does.
        cost: Of one run with these seeds, those that are there included.
        published: The value to tell it from; None to tell two runs of as many seeds apart.
        least: With `published`, the smallest difference that any number of seeds tells, in points.
    """

    benchmark: str
    score: str
    rows: int
    k: int
    told: float | None
    seeds: int | None
    cost: Cost
    published: Published | None = None
    least: float | None = None


@dataclass(frozen=True)
class SeedPlan:
    """A plan: `planned` tells two runs apart, then a run from published values. detect: the difference, in points."""

    detect: float
    planned: Sequence[Planned]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"detect": self.detect, "power": 0.8, "planned": [asdict(each) for each in self.planned]}

    def text(self) -> str:
        """Return a table for two runs, and one for published values if there are any."""
        runs = [each for each in self.planned if each.published is None]
        values = [each for each in self.planned if each.published is not None]
        size = _size(self.detect)
        tables = [text_table(f"two runs that differ by {size}", _cells(runs, self.detect))] if runs else []
        if values:
            tables.append(
                text_table(f"a run that differs by {size} from what is published", _cells(values, self.detect))
            )
        return "\n\n".join(tables)


def plan_seeds(
    spreads: Sequence[Spread],
    published: Mapping[str, Published],
    detect: float,
    *,
    tokens_per_second: float | None = None,
    gpus: int | None = None,
) -> SeedPlan:
    """Plan the seeds that tell a difference with 80 % power, by a two-sided test at 5 %.

    Args:
        spreads: The noise of each benchmark.
        published: Benchmark → published value, to plan against too.
        detect: The difference, in points.
        tokens_per_second: Of the whole server; None for each run's own.
        gpus: Of the whole server.

    Raises:
        UsageError: `detect` is no difference.
    """
    if not (math.isfinite(detect) and 0 < detect <= 100):
        raise UsageError(f"--detect={detect:g} must be a difference in points, like 1.0.")
    for name in published:
        if name not in (there := [spread.benchmark for spread in spreads]):
            raise UsageError(
                f"--published: there are no results of '{name}' to plan from; there are {', '.join(there)}."
            )
    notes = [note for spread in spreads for note in spread.notes]
    against: list[tuple[Spread, Published | None]] = [(spread, None) for spread in spreads]
    against += [(spread, published[spread.benchmark]) for spread in spreads if spread.benchmark in published]
    planned = [_planned(spread, value, detect, tokens_per_second, gpus) for spread, value in against]
    notes += [
        f"{each.benchmark}: no number of seeds tells {_size(detect)} from the published value, whose own noise is "
        f"too large; the smallest that any number tells is {each.least:.2f} points."
        for each in planned
        if each.seeds is None
    ]
    if any(each.cost.tokens is None and each.seeds is not None for each in planned):
        notes.append("what a generation costs is not known without a run; --tokens_per_generation says it.")
    elif any(each.cost.hours is None and each.seeds is not None for each in planned):
        notes.append("how long it takes is not known; --tokens_per_second says how fast the server is.")
    return SeedPlan(detect, planned, tuple(dict.fromkeys(notes)))


def _many(tokens: float | None) -> str:
    """Format a number of tokens.

    >>> _many(None), _many(12_345.6), _many(142_300_000)
    ('-', '12,346', '142 million')
    """
    if tokens is None:
        return NOTHING
    return f"{tokens:,.0f}" if tokens < 1e6 else f"{tokens / 1e6:,.3g} million"


def _size(points: float) -> str:
    return f"{points:g} {'point' if points == 1 else 'points'}"


def _planned(
    spread: Spread, value: Published | None, detect: float, tokens_per_second: float | None, gpus: int | None
) -> Planned:
    w, rows = spread.w, spread.rows
    variance = None if value is None else value.variance(rows, w if spread.k else None)
    seeds = seeds_to_tell(detect / 100, w, rows, published=variance)
    told = 100 * difference_told(w, rows, spread.k, published=variance) if spread.k else None
    least = None if variance is None else 100 * difference_told(0.0, rows, 1, published=variance)
    cost = Cost() if seeds is None else _cost(spread, seeds, tokens_per_second, gpus)
    return Planned(spread.benchmark, spread.score, rows, spread.k, told, seeds, cost, value, least)


def _cost(spread: Spread, seeds: int, tokens_per_second: float | None, gpus: int | None) -> Cost:
    speed = tokens_per_second or spread.tokens_per_second
    if spread.tokens is None:
        return Cost()
    tokens = seeds * spread.tokens
    hours = None if speed is None else tokens / speed / 3600
    return Cost(tokens, hours, None if hours is None or gpus is None else hours * gpus)


def _cells(planned: Sequence[Planned], detect: float) -> Cells:
    """Return a header, a line for each benchmark, and one for all of them where there are several."""
    against = planned[0].published is not None
    head = [
        "benchmark",
        "score",
        "rows",
        *(["published"] if against else []),
        "seeds",
        "tell now",
        f"to tell {detect:g}",
    ]
    lines = [
        [
            each.benchmark,
            each.score,
            str(each.rows),
            *([each.published.written] if each.published is not None else []),
            str(each.k or NOTHING),
            NOTHING if each.told is None else f"{each.told:.2f}",
            "none" if each.seeds is None else f"{each.seeds:,}",
            *_shown(each.cost),
        ]
        for each in planned
    ]
    if len(planned) > 1:
        lines.append(["all", *[""] * (len(head) - 1), *_shown(_sum([each.cost for each in planned if each.seeds]))])
    return [[*head, "tokens", "hours", "GPU hours"], *lines]


def _sum(costs: Sequence[Cost]) -> Cost:
    """Add costs up; what is not known of one is not known of all."""

    def all_of(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    return Cost(
        all_of([cost.tokens for cost in costs]),
        all_of([cost.hours for cost in costs]),
        all_of([cost.gpu_hours for cost in costs]),
    )


def _shown(cost: Cost) -> list[str]:
    return [
        _many(cost.tokens),
        NOTHING if cost.hours is None else f"{cost.hours:,.3g}",
        NOTHING if cost.gpu_hours is None else f"{cost.gpu_hours:,.3g}",
    ]
