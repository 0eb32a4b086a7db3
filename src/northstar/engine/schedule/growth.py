"""Decides how many seeds of a benchmark are asked: as few as its mean takes to be known well enough.

The decision comes from the complete seeds in the output folder, in their order, and from nothing else: not from what
was done first, nor from memory. So it is the same after a crash, and on another day.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.core.errors import NorthstarError
from northstar.core.regular import is_there
from northstar.core.text import counted
from northstar.metrics.arrays import FloatArray
from northstar.results.layout import whole_path
from northstar.results.main_score import read_main_score
from northstar.results.state import seeds_there
from northstar.statistics.stopping import Look, begun_at_most, begun_before_a_look, fewest_seeds, look


class GrowingSeeds:
    """The seeds of a benchmark with a range, of which some are complete, some begun, and some perhaps never asked.

    Seeds that are begun are finished, and count: what they say did not decide whether they were begun.

    Attributes:
        name: The benchmark's name.
        rows: The number of its rows.
        precision: The standard error to reach, a fraction.
        seen: What the complete seeds say; None without any.
        tokens: Generated tokens of these seeds.
        graded: The sum of all scores so far, of incomplete seeds too, and their number; they decide nothing.
    """

    def __init__(self, loaded: LoadedBenchmark, folder: Path) -> None:
        growth = loaded.plan.growth
        assert growth is not None
        self.name, self.rows = loaded.name, len(loaded.rows)
        self.precision = growth.precision / 100.0
        self.seen: Look | None = None
        self.tokens = 0
        self.graded = (0.0, 0)
        self._seeds, self._least = loaded.plan.seeds, growth.least
        self._metrics, self._folder = loaded.benchmark.metrics, folder
        self._columns: list[FloatArray] = []
        self._begun: set[int | None] = set()
        self._reading = Lock()  # two seeds may be complete at once, and are read in threads

    @property
    def limit(self) -> int:
        """The most seeds."""
        return len(self._seeds)

    @property
    def is_decided(self) -> bool:
        """Whether no further seed is begun: the mean is known well enough, or the limit is reached."""
        return len(self._columns) == self.limit or (self.seen is not None and self.seen.enough)

    @property
    def expected(self) -> int:
        """About how many seeds it takes, as far as is known."""
        return self._first if self.seen is None else min(self.limit, max(self._first, self.seen.needed))

    @property
    def unbegun(self) -> int:
        """Seeds that are expected and not begun."""
        return 0 if self.is_decided else max(0, self.expected - len(self._begun))

    @property
    def room(self) -> int:
        """Seeds that could still be begun."""
        return 0 if self.is_decided else self.limit - len(self._begun)

    def read(self) -> None:
        """Take in the seeds that are complete by now, in order. Raises NorthstarError for a damaged output."""
        with self._reading:
            columns = [*self._columns]
            weights = None
            for seed in self._seeds[len(columns) :]:
                file = whole_path(self._folder, seed)
                if not is_there(file):
                    break
                mean, tokens = read_main_score(file, self._metrics)
                if len(mean.values) != self.rows:
                    there, asked = counted(len(mean.values), "row"), self.rows
                    raise NorthstarError(f"{file} has {there}, but {asked} were asked. Restore it, or move it away.")
                columns.append(mean.values)
                weights = mean.weights
                self.tokens += tokens
            if len(columns) > len(self._columns):
                seen = look(np.hstack(columns), self.precision, weights, first=self._least)
                self._columns, self.seen = columns, seen

    def at_first(self) -> list[int | None]:
        """Return the seeds to open at the start: what is begun, and if that may not be enough, what comes next."""
        there = set(seeds_there(self._folder))
        first = 0 if self.is_decided else max(self._first, len(self._columns) + 1)
        found = [seed for number, seed in enumerate(self._seeds) if number < first or seed in there]
        self._begun = set(found)
        return found

    @property
    def may_begin(self) -> bool:
        """Whether another seed may be begun before more of them are complete."""
        return self._next() is not None

    def begin(self) -> int | None:
        """Return the next seed, which counts as begun from now on; `may_begin` must hold."""
        seed = self._next()
        assert seed is not None
        self._begun.add(seed)
        return seed

    def _next(self) -> int | None:
        if self.is_decided:
            return None
        if self.seen is None or self.seen.seeds < self._first:
            most = max(self._first, begun_before_a_look(*self.graded, self.precision, self.rows))
        else:
            most = begun_at_most(self.seen)
        return next((seed for seed in self._seeds[:most] if seed not in self._begun), None)

    @property
    def _first(self) -> int:
        """How many seeds come before the first look."""
        return min(self.limit, max(self._least, fewest_seeds(self.rows)))

    @property
    def progress(self) -> str:
        """Say '9 seeds, ±1.2 points; about 14 more'; '' before the first seed is complete."""
        if self.seen is None:
            return ""
        so_far = f"{counted(self.seen.seeds, 'seed')}, ±{points(self.seen.error)} points"
        if self.seen.enough:
            return f"{so_far}: enough for {points(self.precision)}"
        if self.is_decided:
            return f"{so_far}: the limit, not {points(self.precision)}"
        more = self.expected - self.seen.seeds
        return f"{so_far}; about {more} more" + (", the limit" if self.expected == self.limit else "")

    @property
    def verdict(self) -> str:
        """Say that the limit is reached without the precision, and what to do; '' otherwise."""
        if self.seen is None or not self.is_decided or self.seen.enough:
            return ""
        return (
            f"{self.name}: the standard error after {counted(self.limit, 'seed')}, the limit, is "
            f"{points(self.seen.error)} points, not {points(self.precision)}; about {self.seen.needed} would do: "
            f"{self.name}:{self._least}..{self.seen.needed} goes on from here."
        )


def points(fraction: float) -> str:
    """Format a fraction as points, with two digits.

    >>> points(0.0123), points(0.005), points(0.101), points(0.0)
    ('1.2', '0.5', '10', '0')
    """
    return f"{100 * fraction:.2g}"
