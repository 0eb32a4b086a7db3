"""Which shards each job has, where each has its own."""

from __future__ import annotations

from northstar.jobs.packing import distinct, job_name, pack
from northstar.results.layout import Shard


def shards(**counts: int) -> list[Shard]:
    """shards(aime24=16): 16 seeds of 30 rows each."""
    return [Shard(name.replace("_", "-"), seed, range(30)) for name, count in counts.items() for seed in range(count)]


def test_minus_one_makes_a_job_of_each_shard() -> None:
    assert pack(shards(aime24=2, gpqa=1), -1) == [[shard] for shard in shards(aime24=2, gpqa=1)]


def test_by_default_a_benchmark_is_a_job() -> None:
    assert [[shard.benchmark for shard in job] for job in pack(shards(aime24=2, gpqa=1), None)] == [
        ["aime24", "aime24"],
        ["gpqa"],
    ]


def test_one_job_has_all_that_is_left_and_nothing_is_none() -> None:
    assert pack(shards(aime24=2, gpqa=1), 1) == [shards(aime24=2, gpqa=1)]
    assert pack([], 1) == []


def test_names_say_what_is_in_a_job() -> None:
    assert job_name(shards(aime24=1), 0, 1) == "aime24-rs0"
    assert job_name([Shard("aime24", None, range(30))], 0, 1) == "aime24"
    assert job_name([Shard("aime24", 1, range(15), 1, 2)], 0, 1) == "aime24-rs1-chunk-1-of-2"
    assert job_name(shards(aime24=2), 0, 1) == "aime24"
    assert job_name(shards(aime24=1, gpqa=1), 1, 5) == "part-2-of-5"
    assert distinct(["a", "a", "b", "a"]) == ["a", "a-2", "b", "a-3"]
