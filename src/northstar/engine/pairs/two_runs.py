"""What two runs have in common, for a judge who compares their answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.core.errors import UsageError
from northstar.results.layout import benchmark_folder, results_folder
from northstar.results.state import seeds_there

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark

Chosen = list[tuple["Benchmark", tuple[int | None, ...]]]


def answered_by_both(
    root: Path, against: Path, chosen: Sequence[tuple[Benchmark, tuple[int | None, ...]]], *, named: bool
) -> Chosen:
    """Return the benchmarks with the seeds that both runs have finished.

    Args:
        root: The run that is judged.
        against: The run that it is compared with.
        chosen: The benchmarks, with the seeds that the first has finished.
        named: Whether each of them was asked for by name.

    Raises:
        UsageError: There is no other run, it is the same, or it lacks what was asked for.
    """
    if not results_folder(against).is_dir():
        raise UsageError(f"--against: there are no results in {against}: it should be the --output_dir of an ns eval.")
    if against.resolve() == root.resolve():
        raise UsageError(f"--against={against} is the run itself; name another one.")
    found: Chosen = []
    for benchmark, seeds in chosen:
        folder = benchmark_folder(against, benchmark.name)
        there = set(seeds_there(folder, whole=True)) if folder.is_dir() else set()
        both = tuple(seed for seed in seeds if seed in there)
        if both:
            found.append((benchmark, both))
        elif named:
            raise UsageError(
                f"--against: {against} has no finished output of {benchmark.name} with a seed that {root} has, too."
            )
    if not found:
        raise UsageError(f"--against: {root} and {against} have no finished benchmark and seed in common.")
    return found
