"""Parses --benchmarks: names, and how many seeds each is asked."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from northstar.config.plan import LARGEST_SEED, Growth
from northstar.core.errors import UsageError


class AskedBenchmark(NamedTuple):
    """A benchmark as --benchmarks names it.

    Attributes:
        seeds: One generation per row each; None is the greedy one. For a range, all seeds up to its limit.
        least: The fewest seeds of a range; None for a fixed number.
    """

    name: str
    seeds: tuple[int | None, ...]
    least: int | None = None

    def growth(self, precision: float | None) -> Growth | None:
        """Return when its seeds are enough; None for a fixed number of them."""
        return None if self.least is None or precision is None else Growth(least=self.least, precision=precision)


def parse_benchmarks(text: str, starting_seed: int = 0) -> list[AskedBenchmark]:
    """Parse 'math-500:16,aime24,aime25:4..64' into names with their seeds.

    `name` alone or `name:0` is one greedy generation; `name:k` is k seeds from `starting_seed` on; `name:least..limit`
    is as many of them as a precision takes.
    """
    asked: list[AskedBenchmark] = []
    for part in text.split(","):
        name, colon, repeats = (piece.strip() for piece in part.partition(":"))
        if not name:
            raise UsageError(f"--benchmarks='{text}' has an empty name; write it like math-500:16,aime24:16.")
        count, least = _counts(name, repeats, part.strip()) if colon else (0, None)
        if any(name == known.name for known in asked):
            raise UsageError(f"--benchmarks names '{name}' twice.")
        if starting_seed + count > LARGEST_SEED:
            raise UsageError(f"--starting_seed={starting_seed} is too large: servers take seeds up to {LARGEST_SEED}.")
        seeds = tuple(range(starting_seed, starting_seed + count)) if count else (None,)
        asked.append(AskedBenchmark(name, seeds, least))
    return asked


def _counts(name: str, repeats: str, part: str) -> tuple[int, int | None]:
    """Return the number of seeds, for a range its limit and its least number."""
    least, dots, limit = (piece.strip() for piece in repeats.partition(".."))
    if not dots and re.fullmatch(r"[0-9]{1,6}", repeats):
        return int(repeats), None
    if not dots or not re.fullmatch(r"[0-9]{0,6}", least) or not re.fullmatch(r"[0-9]{1,6}", limit):
        raise UsageError(
            f"--benchmarks: '{part}' needs a number of seeds after the colon, up to 999,999, like {name}:16, or with "
            f"--precision a range like {name}:4..64 (or {name} alone for one greedy generation)."
        )
    found = int(least or 1), int(limit)
    if not 1 <= found[0] <= found[1]:
        raise UsageError(f"--benchmarks: '{part}' must be a range from at least 1 seed up to its limit, like 4..64.")
    return found[1], found[0]


def check_precision(precision: float | None, asked: Sequence[AskedBenchmark]) -> None:
    """Raise UsageError unless there is a precision exactly where a benchmark has a range of seeds."""
    ranges = [each for each in asked if each.least is not None]
    if precision is None:
        if ranges:
            name, least, limit = ranges[0].name, ranges[0].least, len(ranges[0].seeds)
            raise UsageError(
                f"--benchmarks: {name}:{least}..{limit} is a range of seeds, and needs --precision, the standard error "
                f"in points to reach, like --precision=0.8; or write {name}:{limit} for that many."
            )
        return
    if not (math.isfinite(precision) and 0 < precision < 100):
        raise UsageError(f"--precision={precision:g} must be a standard error in points, like 0.8.")
    if not ranges:
        name = asked[0].name
        raise UsageError(
            f"--precision={precision:g} needs a range of seeds to choose from: write {name}:4..64, from at least 4 to "
            "at most 64."
        )
