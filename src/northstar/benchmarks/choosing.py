"""Which benchmarks a command means by its names and its --split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from northstar.benchmarks.registry import find_benchmark, find_known
from northstar.core.benchmark_name import GENERATED, parsed_name
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.text import counted
from northstar.data.manifest import Manifest
from northstar.task.benchmark import Benchmark


def choose(names: Sequence[str], split: str | None, extra: Sequence[Path] = ()) -> list[Benchmark]:
    """The benchmark of each name, over `split` where it has that and its name says no other.

    Raises UsageError for an unknown name, and for a split that none of them has.
    """
    if GENERATED in names:
        raise UsageError(f"unknown benchmark '{GENERATED}': ns generate asks the rows of a file.")
    found = [find_benchmark(name, extra) for name in names]
    if split is not None:
        takers = [_says_no_split(name, each) and each.has_split(split) for name, each in zip(names, found, strict=True)]
        if not any(takers):
            raise _no_taker(names, found, split)
        found = [each.with_split(split) if takes else each for each, takes in zip(found, takers, strict=True)]
    return found


def split_notes(chosen: Sequence[tuple[str, str]], split: str | None) -> list[str]:
    """A sentence on each benchmark that --split does not hold for. chosen: names, and the splits they are asked on."""
    return [
        f"{name} has no split '{split}'; its own is taken, {taken}."
        for name, taken in chosen
        if split not in (None, taken) and not _names_split(name, taken)
    ]


def other_count(benchmark: Benchmark, manifest: Manifest) -> str:
    """Say that a prepared split has another number of rows than is known; '' if it has that, or none is known."""
    expected = benchmark.splits.rows.get(manifest.split)
    if expected in (None, manifest.rows):
        return ""
    return (
        f"{benchmark.whole_name} has {counted(manifest.rows, 'row')} here, but {expected:,} are expected: "
        f"{manifest.repo or 'its source'} or a mirror served another file; numbers of it don't compare with published "
        "ones."
    )


def _names_split(name: str, split: str) -> bool:
    parsed = parsed_name(name)
    return parsed is not None and split in (parsed.choice, parsed.split_and_part[0])


def _says_no_split(name: str, benchmark: Benchmark) -> bool:
    return not _names_split(name, benchmark.splits.default)


def _no_taker(names: Sequence[str], found: Sequence[Benchmark], split: str) -> UsageError:
    free = [each for name, each in zip(names, found, strict=True) if _says_no_split(name, each)]
    if not free:
        return UsageError(f"--split={split}: each of the benchmarks ({', '.join(names)}) names a split of its own.")
    if len(free) == 1:
        try:
            free[0].source(split)
        except UsageError as error:
            return error
    known = [name for each in free for name in each.splits.named]
    named = ", ".join(each.whole_name for each in free)
    return UsageError(f"--split: none of {named} has a split '{split}'.{did_you_mean(split, known)}")


def is_unpublished(name: str, extra: Sequence[Path] = ()) -> bool:
    """Return whether the authors of a benchmark, by the name of its folder, ask not to publish its rows."""
    parsed = parsed_name(name)
    whole = None if parsed is None else find_known(parsed.benchmark, extra)
    return whole is not None and whole.unpublished
