"""Which units go into which job: pure functions."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from northstar.results.unit import Unit


def pack(units: Sequence[Unit], num_jobs: int | None, seconds: Mapping[str, float]) -> list[list[Unit]]:
    """The units of each job, balanced by expected work, each job's in their first order.

    num_jobs: -1 makes one job of each unit, None one of each benchmark. seconds: how long one row of a benchmark takes,
    where that is known. The longest unit goes first to the job with the least to do (Graham's rule: the longest job has
    at most 4/3 of the best possible).
    """
    if num_jobs == -1:
        return [[unit] for unit in units]
    if num_jobs is None:
        by_benchmark: dict[str, list[Unit]] = {}
        for unit in units:
            by_benchmark.setdefault(unit.benchmark, []).append(unit)
        return list(by_benchmark.values())
    weights = [expected_work(unit, seconds) for unit in units]
    jobs: list[tuple[float, int, list[int]]] = [(0.0, number, []) for number in range(min(num_jobs, len(units)))]
    for index in sorted(range(len(units)), key=lambda index: (-weights[index], index)):
        load, number, members = heapq.heappop(jobs)
        heapq.heappush(jobs, (load + weights[index], number, [*members, index]))
    return [[units[index] for index in sorted(members)] for _, _, members in sorted(jobs, key=lambda job: job[1])]


def expected_work(unit: Unit, seconds: Mapping[str, float]) -> float:
    """Rows times seconds of a row; a benchmark of which nothing is known is taken to be as others are."""
    usual = sum(seconds.values()) / len(seconds) if seconds else 1.0
    return len(unit.rows) * max(seconds.get(unit.benchmark, usual), 1e-9)


def job_name(units: Sequence[Unit], number: int, count: int) -> str:
    """'aime24-rs3', 'aime24', or 'part-2-of-5' for units of several benchmarks."""
    names = {unit.benchmark for unit in units}
    if len(names) > 1:
        return f"part-{number + 1}-of-{count}"
    name = names.pop()
    if len(units) > 1:
        return name
    return f"{name}{units[0].stem.removeprefix('output')}".replace("_", "-")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that come again."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found
