"""Shards are packed into jobs that take about equally long; nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from northstar.jobs.packing import distinct, expected_work, job_name, pack
from northstar.results.layout import Shard


def shards(**counts: int) -> list[Shard]:
    """shards(aime24=16): 16 seeds of 30 rows each."""
    return [Shard(name.replace("_", "-"), seed, range(30)) for name, count in counts.items() for seed in range(count)]


def test_minus_one_makes_a_job_of_each_shard() -> None:
    assert pack(shards(aime24=2, gpqa=1), -1, {}) == [[shard] for shard in shards(aime24=2, gpqa=1)]


def test_by_default_a_benchmark_is_a_job() -> None:
    assert [[shard.benchmark for shard in job] for job in pack(shards(aime24=2, gpqa=1), None, {})] == [
        ["aime24", "aime24"],
        ["gpqa"],
    ]


def test_what_takes_long_is_spread() -> None:
    mixed = [Shard("long", 0, range(100)), *shards(short=4)]
    jobs = pack(mixed, 2, {"long": 12.0, "short": 10.0})
    assert [[shard.benchmark for shard in job] for job in jobs] == [["long"], ["short"] * 4]


def test_rows_count_where_no_times_are_known() -> None:
    big, small = Shard("big", 0, range(1000)), [Shard("small", seed, range(10)) for seed in range(5)]
    assert pack([*small, big], 2, {}) == [[big], small]


def test_an_unknown_benchmark_is_taken_to_be_as_the_known_ones() -> None:
    assert expected_work(Shard("new", 0, range(10)), {"a": 2.0, "b": 4.0}) == 30.0


def test_more_jobs_than_shards_are_as_many_as_shards() -> None:
    assert len(pack(shards(a=3), 10, {})) == 3
    assert pack([], 3, {}) == []


SHARDS = st.lists(
    st.builds(Shard, st.sampled_from("abc"), st.integers(0, 99), st.integers(1, 50).map(range)), unique=True
)


@given(SHARDS, st.integers(1, 9), st.dictionaries(st.sampled_from("abc"), st.floats(0.01, 100)))
def test_each_shard_is_in_one_job_and_loads_are_near_the_best(
    found: list[Shard], jobs: int, seconds: dict[str, float]
) -> None:
    packed = pack(found, jobs, seconds)
    assert sorted(map(repr, (shard for job in packed for shard in job))) == sorted(map(repr, found))
    assert all(packed)

    def load(members: Sequence[Shard]) -> float:
        return sum(expected_work(shard, seconds) for shard in members)

    if found:
        longest, best = max(map(load, packed)), max(load(found) / jobs, *(load([shard]) for shard in found))
        assert longest <= 4 / 3 * best + load(found) / jobs / 3 + 1e-6
        assert longest <= load(found) / jobs + max(load([shard]) for shard in found) + 1e-6


def test_names_say_what_is_in_a_job() -> None:
    assert job_name(shards(aime24=1), 0, 1) == "aime24-rs0"
    assert job_name([Shard("aime24", None, range(30))], 0, 1) == "aime24"
    assert job_name([Shard("aime24", 1, range(15), 1, 2)], 0, 1) == "aime24-rs1-chunk-1-of-2"
    assert job_name(shards(aime24=2), 0, 1) == "aime24"
    assert job_name(shards(aime24=1, gpqa=1), 1, 5) == "part-2-of-5"
    assert distinct(["a", "a", "b", "a"]) == ["a", "a-2", "b", "a-3"]
