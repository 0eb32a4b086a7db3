"""Packs shards into jobs of balanced length: pure functions."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from northstar.results.layout import Shard


def pack(shards: Sequence[Shard], num_jobs: int | None, seconds: Mapping[str, float]) -> list[list[Shard]]:
    """Split shards into jobs of balanced expected work; each job keeps the order of its shards.

    The longest shard goes first, to the job with the least work (Graham's rule: the longest job takes at most 4/3 of
    the optimum).

    Args:
        shards: The shards to split.
        num_jobs: Number of jobs; -1 for one per shard, None for one per benchmark.
        seconds: Benchmark → seconds per row, where known.
    """
    if num_jobs == -1:
        return [[shard] for shard in shards]
    if num_jobs is None:
        by_benchmark: dict[str, list[Shard]] = {}
        for shard in shards:
            by_benchmark.setdefault(shard.benchmark, []).append(shard)
        return list(by_benchmark.values())
    weights = [expected_work(shard, seconds) for shard in shards]
    jobs: list[tuple[float, int, list[int]]] = [(0.0, number, []) for number in range(min(num_jobs, len(shards)))]
    for index in sorted(range(len(shards)), key=lambda index: (-weights[index], index)):
        load, number, members = heapq.heappop(jobs)
        heapq.heappush(jobs, (load + weights[index], number, [*members, index]))
    return [[shards[index] for index in sorted(members)] for _, _, members in sorted(jobs, key=lambda job: job[1])]


def expected_work(shard: Shard, seconds: Mapping[str, float]) -> float:
    """Return rows times seconds per row; the mean of the others stands for a benchmark without a known time."""
    usual = sum(seconds.values()) / len(seconds) if seconds else 1.0
    return len(shard.rows) * max(seconds.get(shard.benchmark, usual), 1e-9)


def job_name(shards: Sequence[Shard], number: int, count: int) -> str:
    """Name a job: 'aime24-rs3', 'aime24', or 'part-2-of-5' for shards of several benchmarks."""
    names = {shard.benchmark for shard in shards}
    if len(names) > 1:
        return f"part-{number + 1}-of-{count}"
    name = names.pop()
    if len(shards) > 1:
        return name
    return f"{name}{shards[0].stem.removeprefix('output')}".replace("_", "-")


def distinct(names: Sequence[str]) -> list[str]:
    """Return the names, with a number appended to repeated ones."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found
