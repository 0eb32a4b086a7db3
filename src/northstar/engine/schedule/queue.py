"""Orders the samples of a run so that it does not end with a wait for one long answer.

Answer times vary widely between rows, but little between the seeds of a row. So the queue asks
(1) each row of unknown length once;
(2) then the rows whose first answer has not come back yet, for they take longer than all that have;
(3) then rows of known length, the longest first (Graham's rule: at most 4/3 of the shortest possible time).

Step (2) asks all seeds of one row before the next row: any of them may be the longest, and a row is out of the way only
once its last seed is in flight. bench/schedule.py measures it.

A row whose prompt is long is asked with all its seeds as soon as it is asked at all: the server then computes the
prompt once, and takes it from its cache for the other seeds, before other prompts push it out.
"""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Ask(NamedTuple):
    """One sample: the index of its group in the queue, and its seed slot in the group."""

    group: int
    slot: int


class SampleQueue:
    """All samples of a run in groups; a group holds the seeds of one row of one benchmark.

    Memory is a few numbers for each group and one for each sample; taking and finishing cost O(log groups).

    Args:
        pending: for each group, the seed slots to ask, in order.
        together: whether a group's samples are asked one right after the other.
    """

    def __init__(self, pending: Sequence[Iterable[int]], together: Callable[[int], bool] = lambda _: False) -> None:
        self._together = together
        self._begun: int | None = None
        self._pending = [array("I", slots) for slots in pending]
        self._next = array("I", bytes(4 * len(self._pending)))
        self._in_flight = array("I", bytes(4 * len(self._pending)))
        self._seconds: dict[int, tuple[float, int]] = {}
        self._unknown = deque(group for group, slots in enumerate(self._pending) if slots)
        self._awaited: dict[int, None] = {}  # in the order in which they were first asked
        self._known: list[tuple[float, int]] = []
        self.left = sum(map(len, self._pending))

    def add(self, group: int, slot: int) -> None:
        """Add a sample to a group, or to a new group, whose number is that of all groups so far."""
        if group == len(self._pending):
            self._pending.append(array("I"))
            self._next.append(0)
            self._in_flight.append(0)
        had_some = self._left_in(group) > 0
        self._pending[group].append(slot)
        self.left += 1
        if had_some:
            return
        if group in self._seconds:
            heapq.heappush(self._known, (-self._mean(group), group))
        elif self._in_flight[group]:
            self._awaited.setdefault(group)
        else:
            self._unknown.append(group)

    def know(self, group: int, seconds: float) -> None:
        """Record how long one answer of `group` took, in this run or an earlier one."""
        total, count = self._seconds.get(group, (0.0, 0))
        self._seconds[group] = total + seconds, count + 1
        self._awaited.pop(group, None)
        if self._left_in(group):
            heapq.heappush(self._known, (-self._mean(group), group))

    def take(self) -> Ask | None:
        """Take the sample to ask next; None once all are taken."""
        group = self._choose()
        if group is None:
            return None
        slot = self._pending[group][self._next[group]]
        self._next[group] += 1
        self._in_flight[group] += 1
        self.left -= 1
        self._begun = group if self._left_in(group) and self._together(group) else None
        if not self._left_in(group):
            self._awaited.pop(group, None)
        elif group in self._seconds:
            heapq.heappush(self._known, (-self._mean(group), group))
        else:
            self._awaited.setdefault(group)
        return Ask(group, slot)

    def finish(self, group: int, seconds: float) -> None:
        """Record that a taken sample of `group` was answered after `seconds`."""
        self._in_flight[group] -= 1
        self.know(group, seconds)

    def fail(self, group: int) -> None:
        """Record that a taken sample of `group` got no answer, so that the length of its row stays unknown."""
        self._in_flight[group] -= 1
        if not self._in_flight[group] and group in self._awaited:
            del self._awaited[group]
            self._unknown.append(group)

    def _choose(self) -> int | None:
        if self._begun is not None:
            return self._begun
        while self._unknown:
            group = self._unknown.popleft()
            if group not in self._seconds:
                return group
        if self._awaited:
            return next(iter(self._awaited))
        while self._known:
            negative, group = heapq.heappop(self._known)
            if self._left_in(group) and -negative == self._mean(group):  # else a newer entry replaced it
                return group
        return None

    def _left_in(self, group: int) -> int:
        return len(self._pending[group]) - self._next[group]

    def _mean(self, group: int) -> float:
        total, count = self._seconds[group]
        return total / count
