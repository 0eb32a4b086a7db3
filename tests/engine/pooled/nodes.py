"""Nodes that share a pool, in one process: each with its own journals, sample loop and share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from northstar.config.settings import EvalSettings
from northstar.core.records import Generation
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.engine.pooled.samples import PooledSamples
from northstar.engine.pooled.share import Place, Share
from northstar.engine.sample_loop import SampleLoop
from northstar.pool.claims import Claims
from northstar.pool.leases import Leases
from northstar.pool.parts import PartJournal
from northstar.pool.tokens import ShardName
from northstar.results.layout import Shard
from northstar.results.outputs import record
from tests.engine.open_shards import NO_CONTEXT, Client, Numbers

RENEW, LEASE = 0.02, 0.3


class Node:
    """A node that answers each row after `seconds`. answers: (seed, row) of each answer, in order.

    lease: LEASE in tests in which a node is gone; in others a busy machine must not make one look so.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        seeds: int = 2,
        rows: int = 10,
        seconds: float = 0.002,
        at_once: int = 4,
        lease: float = 60.0,
    ) -> None:
        self.name, self._at_once, self.seconds = name, at_once, seconds
        self.answers: list[tuple[int, int]] = []
        self.counters = BenchmarkCounters(score_name="symbolic_correct")
        self.grader: Callable[..., Any] = self._right
        procedure = Procedure(self._solve, cast(Any, self._grade), cast(Any, None), EvalSettings(), record)
        self.shards: dict[ShardName, OpenShard] = {}
        for seed in range(seeds):
            shard = Shard("aime24", seed, range(rows))
            journal = PartJournal(folder, shard, name)
            opened = OpenShard(shard, Numbers(), procedure, journal, self.counters, folder, "aime24.seeds")
            self.shards[ShardName("aime24", shard.stem)] = opened
        self.claims = Claims(folder / "pool", name)
        places = {key: Place(each.shard, folder) for key, each in self.shards.items()}
        share = Share(self.claims, Leases(lease, RENEW), places, lambda _: 1.0)
        self.samples = PooledSamples(share, self.shards, RENEW)

    async def run(self) -> None:
        counters = RunCounters(benchmarks={"aime24": self.counters})
        loop = SampleLoop([*self.shards.values()], self.samples, counters, graded=self.samples.graded)
        self.samples.grade = loop.grade
        try:
            async with self.samples.shared():
                client = Client() if loop.left_to_ask else None
                await loop.run(cast(Any, client), NO_CONTEXT, self._at_once, Graders(2, 1))
        finally:
            for shard in self.shards.values():
                shard.journal.close()

    async def _solve(self, row: dict[str, Any], seed: int | None, asker: Any) -> Generation:
        await asyncio.sleep(self.seconds)
        self.answers.append((seed or 0, row["id"]))
        return Generation(generation=self.name, generation_start_time=1.0, generation_end_time=2.0)

    async def _grade(self, row: dict[str, Any], generation: Generation, solver_context: Any) -> dict[str, Any]:
        return dict(await self.grader(row, generation, solver_context))

    async def _right(self, *_: Any) -> dict[str, Any]:
        return {"symbolic_correct": True, "graded_by": self.name}


def records(folder: Path) -> dict[str, list[int]]:
    """Output → the ids of its rows. Each row's grade is of the node that answered it."""
    found = {}
    for file in sorted(folder.glob("output*.jsonl")):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert all(line["generation"] == line["graded_by"] for line in lines)
        found[file.stem] = [line["id"] for line in lines]
    return found
