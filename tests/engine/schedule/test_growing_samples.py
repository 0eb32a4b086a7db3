"""A run with a range of seeds: seeds follow until the mean is known, whatever the timing, and it always ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from northstar.core.records import Generation
from northstar.engine.counters import RunCounters
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.schedule.growing_samples import GrowingSamples
from northstar.engine.schedule.growth import GrowingSeeds
from northstar.engine.schedule.schedule import PendingSamples
from northstar.models.failures import GaveUp, OutOfContext
from tests.engine.open_shards import NO_CONTEXT, Client, answered, opened
from tests.engine.schedule.growing import ROWS, growing, is_right


class Run:
    """Asks seeds of aime24 in a folder; `most` is the largest number of samples that were asked at the same time."""

    def __init__(self, folder: Path, solver: Any = answered) -> None:
        self.folder, self.solver = folder, solver
        self.most = 0
        self.at_work = 0

    def __call__(self, seeds: GrowingSeeds, at_once: int = 8) -> RunCounters:
        shards = [shard for seed in seeds.at_first() if (shard := self._opened("aime24", seed)) is not None]
        counters = RunCounters(benchmarks={"aime24": shards[0].counters})
        for shard in shards[1:]:  # the helper gives each its own
            counters.benchmarks["aime24"].total += shard.counters.total
        samples = GrowingSamples(PendingSamples(shards), {"aime24": seeds}, counters.benchmarks, shards, self._opened)
        loop = SampleLoop(shards, samples, counters, written=lambda _: seeds.read())
        try:
            asyncio.run(asyncio.wait_for(loop.run(cast(Any, Client()), NO_CONTEXT, at_once, Graders(2, 1)), timeout=30))
        finally:
            for shard in shards:
                with suppress(OSError):
                    shard.journal.close()
        return counters

    def _opened(self, benchmark: str, seed: int | None) -> OpenShard | None:
        assert seed is not None
        if (self.folder / f"output-rs{seed}.jsonl").exists():
            return None

        async def solver(row: dict[str, Any], *rest: Any) -> Generation:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
            try:
                await asyncio.sleep(0.001 * ((row["id"] * 7 + seed) % 5))
                found: Generation = await self.solver(row, *rest)
                return found
            finally:
                self.at_work -= 1

        async def grader(row: dict[str, Any], *_: Any) -> dict[str, Any]:
            return {"symbolic_correct": is_right(row["id"], seed)}

        return opened(self.folder, ROWS, solver, grader, benchmark, seed)


def done(folder: Path) -> int:
    return len(list(folder.glob("output-rs*.jsonl")))


@pytest.mark.parametrize("at_once", [1, 8, 64])
def test_seeds_follow_until_the_mean_is_known_well_enough(tmp_path: Path, at_once: int) -> None:
    seeds = growing(tmp_path, precision=2.5, limit=60)
    Run(tmp_path)(seeds, at_once)
    assert seeds.is_decided
    assert 10 <= done(tmp_path) <= 24
    assert growing(tmp_path, precision=2.5, limit=60).is_decided


def test_one_request_at_a_time_asks_no_seed_too_many(tmp_path: Path) -> None:
    Run(tmp_path)(growing(tmp_path, precision=2.5, limit=60), at_once=1)
    (tmp_path / f"output-rs{done(tmp_path) - 1}.jsonl").unlink()
    assert not growing(tmp_path, precision=2.5, limit=60).is_decided


def test_seeds_are_begun_before_the_last_ones_end(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run(growing(tmp_path, precision=1.5, limit=40), at_once=100)
    assert run.most == 100


def test_the_limit_ends_it(tmp_path: Path) -> None:
    seeds = growing(tmp_path, precision=0.1, limit=6)
    Run(tmp_path)(seeds)
    assert done(tmp_path) == 6
    assert "the limit" in seeds.verdict


def test_a_sample_without_an_answer_ends_it_with_what_is_begun(tmp_path: Path) -> None:
    async def solver(row: dict[str, Any], seed: int, *_: Any) -> Generation:
        if (row["id"], seed) == (3, 1):
            raise GaveUp("HTTP 500")
        return await answered()

    seeds = growing(tmp_path, precision=2.5, limit=60)
    Run(tmp_path, solver)(seeds, at_once=64)
    assert done(tmp_path) == 3
    assert not seeds.is_decided
    Run(tmp_path)(growing(tmp_path, precision=2.5, limit=60), at_once=64)
    assert growing(tmp_path, precision=2.5, limit=60).is_decided


def test_a_refusal_that_is_the_last_of_a_seed_does_not_end_it(tmp_path: Path) -> None:
    async def solver(row: dict[str, Any], seed: int, *_: Any) -> Generation:
        if row["id"] == 3:
            await asyncio.sleep(0.05)
            raise OutOfContext("too long")
        return await answered()

    Run(tmp_path, solver)(growing(tmp_path, precision=2.5, limit=60), at_once=64)
    assert growing(tmp_path, precision=2.5, limit=60).is_decided


def test_what_is_expected_beyond_the_seeds_begun_counts_for_the_time_left(tmp_path: Path) -> None:
    counters = Run(tmp_path)(growing(tmp_path, precision=2.5, limit=60))
    assert counters.benchmarks["aime24"].expected == 0
    assert counters.benchmarks["aime24"].growth.endswith("points: enough for 2.5")
