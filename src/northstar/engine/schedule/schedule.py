"""Hands out the samples to ask: all known at the start, or arriving during the run."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from northstar.engine.open_shard import OpenShard
from northstar.engine.schedule.queue import SampleQueue
from northstar.results.known_lengths import known_lengths


class Due(NamedTuple):
    """A sample to ask now. group: its group in the SampleQueue."""

    shard: OpenShard
    row: int
    group: int = 0


class Schedule(Protocol):
    """Hands out each sample once."""

    @property
    def left(self) -> int:
        """The largest number of samples that may still come."""

    @property
    def has_next(self) -> bool:
        """Whether `take` has a sample now."""

    async def take(self) -> Due | None:
        """Take the next sample, and wait for it if need be; None when no more will come."""

    def finish(self, due: Due, seconds: float) -> None:
        """Record that the sample was answered after `seconds`."""

    def fail(self, due: Due) -> None:
        """Record that the sample got no answer."""

    def settle(self, shard: OpenShard) -> None:
        """Record that a sample of the shard was graded or lost; if it was the last, the output is written."""


class PendingSamples:
    """The samples of some shards that have no generation yet, in the order of SampleQueue."""

    def __init__(self, shards: Sequence[OpenShard]) -> None:
        self._groups, pending = _groups(shards)
        self._queue = SampleQueue(pending, self._has_long_prompt)
        self._numbers = {(group.shards[0].shard.benchmark, group.row): n for n, group in enumerate(self._groups)}
        self._read_known_lengths(shards)

    @property
    def left(self) -> int:
        return self._queue.left

    @property
    def has_next(self) -> bool:
        return self._queue.left > 0

    def add(self, shard: OpenShard, rows: Iterable[int] | None = None) -> None:
        """Add samples of another seed: these rows, or all without a generation."""
        lacking = (row for row in shard.shard.rows if not shard.journal.has_generation(row))
        for row in lacking if rows is None else rows:
            key = (shard.shard.benchmark, row)
            number = self._numbers.setdefault(key, len(self._groups))
            if number == len(self._groups):
                self._groups.append(_Group([], row))
            members = self._groups[number].shards
            if shard not in members[-1:]:  # groups of one benchmark may share the list
                members.append(shard)
            self._queue.add(number, len(members) - 1)

    async def take(self) -> Due | None:
        ask = self._queue.take()
        if ask is None:
            return None
        group = self._groups[ask.group]
        return Due(group.shards[ask.slot], group.row, ask.group)

    def finish(self, due: Due, seconds: float) -> None:
        self._queue.finish(due.group, seconds)

    def fail(self, due: Due) -> None:
        self._queue.fail(due.group)

    def settle(self, shard: OpenShard) -> None:
        """Do nothing: what was graded changes nothing here."""

    def _has_long_prompt(self, group: int) -> bool:
        return self._groups[group].shards[0].procedure.long_prompts

    def _read_known_lengths(self, shards: Sequence[OpenShard]) -> None:
        """Give the queue the answer times in the journals and in the outputs of complete seeds."""
        for shard in shards:
            for row, seconds in zip(shard.shard.rows, shard.journal.seconds, strict=True):
                number = None if math.isnan(seconds) else self._numbers.get((shard.shard.benchmark, row))
                if number is not None:
                    self._queue.know(number, seconds)
        for name, folder in {(shard.shard.benchmark, shard.folder) for shard in shards}:
            for row, seconds in known_lengths(folder):
                number = self._numbers.get((name, row))
                if number is not None:
                    self._queue.know(number, seconds)


class LiveSamples:
    """Samples that become due during the run: a judge's, as the model's answers are graded."""

    def __init__(self) -> None:
        self._left = 0
        self._waiting: deque[Due] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def left(self) -> int:
        return self._left

    @property
    def has_next(self) -> bool:
        return bool(self._waiting)

    def expect(self, count: int) -> None:
        """Announce `count` more samples."""
        self._left += count

    def add(self, dues: Iterable[Due]) -> None:
        self._waiting.extend(dues)
        self._changed.set()

    def close(self) -> None:
        """Announce that no more samples will be added."""
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
        """Do nothing: samples are asked in the order in which they come."""

    def fail(self, due: Due) -> None:
        """Do nothing: the next run asks the sample again."""

    def settle(self, shard: OpenShard) -> None:
        """Do nothing: what was graded changes nothing here."""


class _Group(NamedTuple):
    """The samples of one row: one for each of the shards, whose seeds differ."""

    shards: list[OpenShard]
    row: int


def _groups(shards: Sequence[OpenShard]) -> tuple[list[_Group], list[list[int]]]:
    """Group shards by row. Returns the groups, and for each the slots (indices of its shards) that are to be asked.

    Groups come benchmark by benchmark, those of long answers first; rows with nothing to ask are left out.
    """
    groups: list[_Group] = []
    pending: list[list[int]] = []
    spans: dict[tuple[str, range], list[OpenShard]] = {}
    for shard in sorted(shards, key=lambda shard: -shard.procedure.typical_tokens):
        spans.setdefault((shard.shard.benchmark, shard.shard.rows), []).append(shard)
    for (_, rows), members in spans.items():
        for row in rows:
            slots = [slot for slot, shard in enumerate(members) if not shard.journal.has_generation(row)]
            if slots:
                groups.append(_Group(members, row))
                pending.append(slots)
    return groups, pending
