"""What a job still has to ask, in the order in which it should: all known at the start, or arriving as it goes on."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from northstar.engine.open_unit import OpenUnit
from northstar.engine.schedule.queue import SampleQueue
from northstar.results.known_lengths import known_lengths


class Due(NamedTuple):
    """A sample to ask now. group: what the feed knows it by."""

    unit: OpenUnit
    row: int
    group: int = 0


class Feed(Protocol):
    """Hands out each sample once."""

    @property
    def left(self) -> int:
        """At most so many samples are still to come."""

    async def take(self) -> Due | None:
        """The next sample, waiting for one if need be; None when there will be no more."""

    def finish(self, due: Due, seconds: float) -> None:
        """It was answered after `seconds`."""

    def fail(self, due: Due) -> None:
        """It came back without an answer."""


class Backlog:
    """All samples of some units that have no generation yet, in the order of SampleQueue."""

    def __init__(self, units: Sequence[OpenUnit]) -> None:
        self._groups, pending = _groups(units)
        self._queue = SampleQueue(pending)
        self._tell_what_is_known(units)

    @property
    def left(self) -> int:
        return self._queue.left

    async def take(self) -> Due | None:
        ask = self._queue.take()
        if ask is None:
            return None
        group = self._groups[ask.group]
        return Due(group.units[ask.slot], group.row, ask.group)

    def finish(self, due: Due, seconds: float) -> None:
        self._queue.finish(due.group, seconds)

    def fail(self, due: Due) -> None:
        self._queue.fail(due.group)

    def _tell_what_is_known(self, units: Sequence[OpenUnit]) -> None:
        """Lengths of rows from this job's journals and from the benchmark's complete seeds."""
        by_row = {(group.units[0].unit.benchmark, group.row): number for number, group in enumerate(self._groups)}
        for unit in units:
            for row, seconds in zip(unit.unit.rows, unit.journal.seconds, strict=True):
                number = None if math.isnan(seconds) else by_row.get((unit.unit.benchmark, row))
                if number is not None:
                    self._queue.know(number, seconds)
        for name, folder in {(unit.unit.benchmark, unit.folder) for unit in units}:
            for row, seconds in known_lengths(folder):
                number = by_row.get((name, row))
                if number is not None:
                    self._queue.know(number, seconds)


class Arrivals:
    """Samples that become due while the job runs: a generation is judged as soon as it is there."""

    def __init__(self) -> None:
        self._left = 0
        self._waiting: deque[Due] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def left(self) -> int:
        return self._left

    def expect(self, count: int) -> None:
        """So many more samples may come."""
        self._left += count

    def add(self, dues: Iterable[Due]) -> None:
        self._waiting.extend(dues)
        self._changed.set()

    def close(self) -> None:
        """No more will be added."""
        self._closed = True
        self._changed.set()

    async def take(self) -> Due | None:
        while not self._waiting:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        self._left -= 1
        return self._waiting.popleft()

    def finish(self, due: Due, seconds: float) -> None:
        """Nothing is learnt from it: first come, first asked."""

    def fail(self, due: Due) -> None:
        """The next run asks it again."""


class _Group(NamedTuple):
    """The samples of one row: its units, a seed (and chunk) each."""

    units: Sequence[OpenUnit]
    row: int


def _groups(units: Sequence[OpenUnit]) -> tuple[list[_Group], list[list[int]]]:
    """Units regrouped by row: for each row its units, and which of them are still to be asked.

    Rows come benchmark after benchmark; rows with nothing to ask are left out.
    """
    groups: list[_Group] = []
    pending: list[list[int]] = []
    spans: dict[tuple[str, range], list[OpenUnit]] = {}
    for unit in units:
        spans.setdefault((unit.unit.benchmark, unit.unit.rows), []).append(unit)
    for (_, rows), members in spans.items():
        for row in rows:
            slots = [slot for slot, unit in enumerate(members) if not unit.journal.has_generation(row)]
            if slots:
                groups.append(_Group(members, row))
                pending.append(slots)
    return groups, pending
