"""The order in which a job's samples are asked, so that no long answer is left to wait for at the end.

Answer times are spread widely, and the same row takes about as long with every seed. Nothing else is known beforehand.
So: (1) rows of which nothing is known are asked once each; (2) then the rows whose first answers are still awaited:
whatever their length is in the end, it is longer than what has come back; (3) then rows whose length is known, the
longest first (Graham's rule, whose makespan is within 4/3 of the best).

In (2) one row is asked to its last seed before the next, not all of them in turn: any of them may be the longest, and a
row helps only once its last seed is under way. bench/schedule.py measures it.
"""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Ask(NamedTuple):
    """One sample: index of its row group in the queue, and the seed slot of the group that is asked."""

    group: int
    slot: int


class SampleQueue:
    """All samples of a job, in groups: one group holds the seeds of one row of one benchmark.

    Memory is a few numbers a group and one a sample; taking and finishing cost O(log groups).
    """

    def __init__(self, pending: Sequence[Iterable[int]]) -> None:
        """pending[group]: the seed slots of that group which are still to be asked, in order."""
        self._pending = [array("I", slots) for slots in pending]
        self._next = array("I", bytes(4 * len(self._pending)))
        self._in_flight = array("I", bytes(4 * len(self._pending)))
        self._seconds: dict[int, tuple[float, int]] = {}
        self._unknown = deque(group for group, slots in enumerate(self._pending) if slots)
        self._awaited: dict[int, None] = {}  # in the order in which they were first asked
        self._known: list[tuple[float, int]] = []
        self.left = sum(map(len, self._pending))

    def know(self, group: int, seconds: float) -> None:
        """Tell how long one answer of `group` took, now or in an earlier run."""
        total, count = self._seconds.get(group, (0.0, 0))
        self._seconds[group] = total + seconds, count + 1
        self._awaited.pop(group, None)
        if self._left_in(group):
            heapq.heappush(self._known, (-self._mean(group), group))

    def take(self) -> Ask | None:
        """The sample to ask next; None when all have been taken."""
        group = self._choose()
        if group is None:
            return None
        slot = self._pending[group][self._next[group]]
        self._next[group] += 1
        self._in_flight[group] += 1
        self.left -= 1
        if not self._left_in(group):
            self._awaited.pop(group, None)
        elif group in self._seconds:
            heapq.heappush(self._known, (-self._mean(group), group))
        else:
            self._awaited.setdefault(group)
        return Ask(group, slot)

    def finish(self, group: int, seconds: float) -> None:
        """A taken sample of `group` was answered after `seconds`."""
        self._in_flight[group] -= 1
        self.know(group, seconds)

    def fail(self, group: int) -> None:
        """A taken sample came back without an answer, so its row's length stays unknown."""
        self._in_flight[group] -= 1
        if not self._in_flight[group] and group in self._awaited:
            del self._awaited[group]
            self._unknown.append(group)

    def _choose(self) -> int | None:
        while self._unknown:
            group = self._unknown.popleft()
            if group not in self._seconds:
                return group
        if self._awaited:
            return next(iter(self._awaited))
        while self._known:
            negative, group = heapq.heappop(self._known)
            if self._left_in(group) and -negative == self._mean(group):  # else outdated by a newer entry
                return group
        return None

    def _left_in(self, group: int) -> int:
        return len(self._pending[group]) - self._next[group]

    def _mean(self, group: int) -> float:
        total, count = self._seconds[group]
        return total / count
