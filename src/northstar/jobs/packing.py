"""Deals shards out to jobs that have each their own: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from northstar.results.layout import Shard


def pack(shards: Sequence[Shard], num_jobs: int | None) -> list[list[Shard]]:
    """Return the shards of each job. num_jobs: -1 for one per shard, None for one per benchmark, 1 for all in one."""
    if num_jobs == -1:
        return [[shard] for shard in shards]
    if num_jobs is not None:
        return [list(shards)] if shards else []
    by_benchmark: dict[str, list[Shard]] = {}
    for shard in shards:
        by_benchmark.setdefault(shard.benchmark, []).append(shard)
    return list(by_benchmark.values())


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
