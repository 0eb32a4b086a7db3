"""Very many samples come in the order of their rows."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from northstar.engine.schedule import in_order
from northstar.engine.schedule.in_order import SamplesInOrder
from northstar.engine.schedule.schedule import PendingSamples, Schedule
from northstar.results.layout import Shard


class Answered:
    """A journal that has the generations of some rows."""

    def __init__(self, *rows: int) -> None:
        self.rows, self.generations = set(rows), len(rows)

    def has_generation(self, row: int) -> bool:
        return row in self.rows


def shard(seed: int, rows: int, *done: int) -> Any:
    return SimpleNamespace(shard=Shard("generate", seed, range(rows)), journal=Answered(*done))


async def taken(schedule: Schedule) -> list[tuple[int | None, int]]:
    found = []
    while (due := await schedule.take()) is not None:
        found.append((due.shard.shard.seed, due.row))
    return found


def test_rows_come_in_order_with_their_seeds_together_and_without_what_is_answered() -> None:
    schedule = SamplesInOrder([shard(0, 3, 1), shard(1, 3)])
    assert schedule.left == 5
    assert asyncio.run(taken(schedule)) == [(0, 0), (1, 0), (1, 1), (0, 2), (1, 2)]
    assert (schedule.left, schedule.has_next) == (0, False)


def test_a_run_of_few_samples_still_asks_long_ones_first(monkeypatch: Any, tmp_path: Any) -> None:
    few: Any = shard(0, 2)
    few.procedure, few.folder = SimpleNamespace(typical_tokens=1, long_prompts=False), tmp_path
    few.journal.seconds = [float("nan")] * 2
    assert isinstance(in_order.samples_of([few]), PendingSamples)
    monkeypatch.setattr(in_order, "MOST_ORDERED", 1)
    assert isinstance(in_order.samples_of([few]), SamplesInOrder)
    few.shard = Shard("aime24", 0, range(2))
    assert isinstance(in_order.samples_of([few]), PendingSamples)
