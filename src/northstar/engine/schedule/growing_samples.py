"""Hands out the samples of a run in which some benchmarks have as many seeds as it takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.open_shard import OpenShard
from northstar.engine.schedule.growth import GrowingSeeds
from northstar.engine.schedule.schedule import Due, PendingSamples


class GrowingSamples:
    """The pending samples, and those of further seeds as soon as a request would otherwise find none.

    Args:
        pending: The samples of the seeds that are begun.
        growing: Benchmark → its seeds.
        counters: Benchmark → its counters.
        shards: All open shards; gets those of further seeds.
        opened: Opens the shard of a benchmark's seed; None if it is done.
    """

    def __init__(
        self,
        pending: PendingSamples,
        growing: Mapping[str, GrowingSeeds],
        counters: Mapping[str, BenchmarkCounters],
        shards: list[OpenShard],
        opened: Callable[[str, int | None], OpenShard | None],
    ) -> None:
        self._pending, self._growing, self._counters = pending, growing, counters
        self._shards, self._opened = shards, opened
        self._in_flight: Counter[str] = Counter()
        self._written: set[int] = set()
        self._waiting = 0
        self._changed = asyncio.Event()
        self._show()

    @property
    def left(self) -> int:
        return self._pending.left + sum(seeds.room * seeds.rows for seeds in self._growing.values())

    @property
    def has_next(self) -> bool:
        return self._pending.left > 0 or any(seeds.may_begin for seeds in self._growing.values())

    async def take(self) -> Due | None:
        while True:
            due = await self._pending.take()
            if due is not None:
                self._in_flight[due.shard.shard.benchmark] += 1
                return due
            if self._begin_a_seed():
                continue
            if not self._may_change():
                self._wake()
                return None
            self._waiting += 1
            try:
                await self._changed.wait()
            finally:
                self._waiting -= 1

    def finish(self, due: Due, seconds: float) -> None:
        self._in_flight[due.shard.shard.benchmark] -= 1
        self._pending.finish(due, seconds)

    def fail(self, due: Due) -> None:
        self._in_flight[due.shard.shard.benchmark] -= 1
        self._pending.fail(due)
        self._wake_if_stuck()

    def settle(self, shard: OpenShard) -> None:
        if shard.journal.complete:
            self._written.add(id(shard))
            self._show()
            self._wake()
        else:
            self._wake_if_stuck()

    def _begin_a_seed(self) -> bool:
        """Begin a seed of the benchmark that is expected to need most of them; False where none may be begun."""
        for name, seeds in self._growing.items():
            seeds.graded = self._counters[name].score, self._counters[name].scored
        able = [seeds for seeds in self._growing.values() if seeds.may_begin]
        if not able:
            return False
        seeds = max(able, key=lambda seeds: seeds.unbegun * seeds.rows)
        shard = self._opened(seeds.name, seeds.begin())
        if shard is None:
            seeds.read()
        else:
            self._shards.append(shard)
            self._pending.add(shard)
        self._show()
        return True

    def _may_change(self) -> bool:
        """Whether a seed that is under way may yet be complete, so that another may be begun."""
        return any(self._is_under_way(name) for name, seeds in self._growing.items() if not seeds.is_decided)

    def _is_under_way(self, name: str) -> bool:
        return (
            self._in_flight[name] > 0
            or self._counters[name].to_grade > 0
            or any(
                shard.shard.benchmark == name and shard.journal.complete and id(shard) not in self._written
                for shard in self._shards
            )
        )

    def _wake_if_stuck(self) -> None:
        if self._waiting and not self._may_change():
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed.clear()

    def _show(self) -> None:
        for name, seeds in self._growing.items():
            self._counters[name].growth = seeds.progress
            self._counters[name].expected = seeds.unbegun * seeds.rows
