"""The samples that are being asked, and how long those that ended took."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from northstar.core.clock import monotonic
from northstar.statistics.time_left import per_benchmark, time_left

MOST_LENGTHS = 1000
"""So many of the last lengths of a benchmark are kept."""


ESTIMATE_SECONDS = 2.0
"""So often at most the time that is left is estimated anew, and so that it takes at most 1/50 of the time."""


class Asked(NamedTuple):
    """A sample that is being asked; `id` is its row's, `since` is of core.clock.monotonic."""

    benchmark: str
    seed: int | None
    row: int
    id: str
    since: float


@dataclass(slots=True)
class UnderWay:
    """Knows the samples that are being asked, oldest first.

    Attributes:
        at_once: How many may be asked at once; 0 until that is known.
        lengths: Benchmark → the seconds that each of its last samples took, waits for the server's limits included.
        ended: Benchmark → how many of its samples have ended.
    """

    at_once: int = 0
    lengths: dict[str, deque[float]] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    _asked: dict[int, Asked] = field(default_factory=dict)
    _begun: int = 0
    _left: tuple[float, float] | None = None
    _left_due: float = 0.0

    def __len__(self) -> int:
        return len(self._asked)

    def __iter__(self) -> Iterator[Asked]:
        return iter([*self._asked.values()])

    @contextmanager
    def asking(self, benchmark: str, seed: int | None, row: int, id: str) -> Iterator[None]:
        """Count a sample as under way within the block, and its length if the block ends without an error."""
        self._begun += 1
        number, since = self._begun, monotonic()
        self._asked[number] = Asked(benchmark, seed, row, id, since)
        try:
            yield
            self.lengths.setdefault(benchmark, deque(maxlen=MOST_LENGTHS)).append(monotonic() - since)
            self.ended[benchmark] += 1
        finally:
            del self._asked[number]

    def by_benchmark(self) -> Counter[str]:
        """Count the samples of each benchmark."""
        return Counter(asked.benchmark for asked in self)

    def seconds_left(self, waiting: Mapping[str, int]) -> tuple[float, float] | None:
        """Return a range of the seconds until all is answered, for so many more of each benchmark; None if unknown."""
        now = monotonic()
        if now >= self._left_due:
            ages: dict[str, list[float]] = {}
            for asked in self:
                ages.setdefault(asked.benchmark, []).append(now - asked.since)
            self._left = time_left(per_benchmark(self.lengths, ages, waiting, self.ended), self.at_once)
            self._left_due = monotonic() + max(ESTIMATE_SECONDS, 50 * (monotonic() - now))
        return self._left
