"""What is handed out: the samples that are not on file, in an order; or those that arrive, as they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from northstar.core.records import Generation
from northstar.engine.open_shard import OpenShard
from northstar.engine.schedule.schedule import Due, LiveSamples, PendingSamples
from tests.engine.open_shards import opened


def handed_out(shards: Sequence[OpenShard], seconds: float = 1.0) -> list[tuple[str, int | None, int]]:
    """(benchmark, seed, row) of each sample, where each is answered before the next is asked."""
    pending = PendingSamples(shards)

    async def all_of_them() -> list[tuple[str, int | None, int]]:
        found = []
        while (due := await pending.take()) is not None:
            found.append((due.shard.shard.benchmark, due.shard.shard.seed, due.row))
            pending.finish(due, seconds)
        return found

    before = pending.left
    found = asyncio.run(all_of_them())
    assert (before, pending.left) == (len(found), 0)
    for shard in shards:
        shard.journal.close()
    return found


def took(seconds: float) -> Generation:
    return Generation(generation="5", generation_start_time=1.0, generation_end_time=1.0 + seconds)


def test_each_row_is_asked_with_one_seed_before_any_is_asked_with_the_next(tmp_path: Path) -> None:
    shards = [opened(tmp_path, 3, seed=0), opened(tmp_path, 3, seed=1)]
    samples = handed_out(shards)
    assert samples[:3] == [("aime24", 0, 0), ("aime24", 0, 1), ("aime24", 0, 2)]
    assert sorted(samples[3:]) == [("aime24", 1, 0), ("aime24", 1, 1), ("aime24", 1, 2)]


def test_the_seeds_of_a_row_with_a_long_prompt_are_handed_out_together(tmp_path: Path) -> None:
    shards = [opened(tmp_path, 2, seed=seed) for seed in range(3)]
    long = [replace(shard, procedure=replace(shard.procedure, long_prompts=True)) for shard in shards]
    assert handed_out(long) == [("aime24", seed, row) for row in range(2) for seed in range(3)]


def test_what_is_on_file_is_not_handed_out(tmp_path: Path) -> None:
    shard = opened(tmp_path, 3)
    shard.journal.add_generation(1, took(1))
    assert handed_out([shard]) == [("aime24", 0, 0), ("aime24", 0, 2)]


def test_where_all_is_on_file_nothing_is(tmp_path: Path) -> None:
    shard = opened(tmp_path, 1)
    shard.journal.add_generation(0, took(1))
    assert handed_out([shard]) == []


def test_rows_that_took_long_with_a_seed_in_the_journal_come_first_with_the_next(tmp_path: Path) -> None:
    first = opened(tmp_path, 3, seed=0)
    for row, seconds in enumerate((2, 9, 5)):
        first.journal.add_generation(row, took(seconds))
    first.journal.close()
    again = opened(tmp_path, 3, seed=0)
    assert [row for _, _, row in handed_out([again, opened(tmp_path, 3, seed=1)])] == [1, 2, 0]


def test_rows_that_took_long_with_a_seed_that_is_done_come_first(tmp_path: Path) -> None:
    times = [{"generation_start_time": 0.0, "generation_end_time": end} for end in (2.0, 9.0, 5.0)]
    (tmp_path / "output-rs0.jsonl").write_text(
        "".join(json.dumps({"id": 0, "generation": "", **each}) + "\n" for each in times)
    )
    assert handed_out([opened(tmp_path, 3, seed=1)]) == [("aime24", 1, 1), ("aime24", 1, 2), ("aime24", 1, 0)]


def test_the_length_of_a_row_says_nothing_of_another_benchmarks(tmp_path: Path) -> None:
    for name in ("aime24", "hle"):
        (tmp_path / name).mkdir()
    first = opened(tmp_path / "aime24", 2, seed=0)
    for row, seconds in enumerate((1, 9)):
        first.journal.add_generation(row, took(seconds))
    first.journal.close()
    shards = [
        opened(tmp_path / "aime24", 2, seed=0),
        opened(tmp_path / "aime24", 2, seed=1),
        opened(tmp_path / "hle", 2, benchmark="hle"),
    ]
    samples = handed_out(shards, seconds=0.5)
    assert samples == [("hle", 0, 0), ("hle", 0, 1), ("aime24", 1, 1), ("aime24", 1, 0)]


def test_chunks_of_a_seed_are_rows_of_their_own(tmp_path: Path) -> None:
    assert handed_out([opened(tmp_path, range(2)), opened(tmp_path, range(2, 4))]) == [
        ("aime24", 0, row) for row in range(4)
    ]


def test_who_asks_for_a_sample_waits_until_one_arrives(tmp_path: Path) -> None:
    due = Due(opened(tmp_path, 1), 0)

    async def story() -> None:
        samples = LiveSamples()
        samples.expect(1)
        asking = asyncio.ensure_future(samples.take())
        await asyncio.sleep(0)
        assert not asking.done()
        samples.add([due])
        assert await asking is due
        assert samples.left == 0

    asyncio.run(story())
    due.shard.journal.close()


def test_what_arrives_first_is_asked_first(tmp_path: Path) -> None:
    shard = opened(tmp_path, 3)

    async def story() -> list[int]:
        samples = LiveSamples()
        samples.expect(3)
        samples.add([Due(shard, 2), Due(shard, 0)])
        samples.add([Due(shard, 1)])
        return [due.row for _ in range(3) if (due := await samples.take()) is not None]

    assert asyncio.run(story()) == [2, 0, 1]
    shard.journal.close()


def test_when_no_more_will_arrive_all_who_wait_are_told_and_what_is_there_is_still_handed_out(tmp_path: Path) -> None:
    shard = opened(tmp_path, 1)

    async def story() -> list[Due | None]:
        samples = LiveSamples()
        waiting = [asyncio.ensure_future(samples.take()) for _ in range(3)]
        await asyncio.sleep(0)
        samples.add([Due(shard, 0)])
        samples.close()
        return await asyncio.gather(*waiting, samples.take())

    found = asyncio.run(story())
    assert sorted((due is not None for due in found), reverse=True) == [True, False, False, False]
    shard.journal.close()
