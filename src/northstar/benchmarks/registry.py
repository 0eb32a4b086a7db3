"""Finds benchmarks by file: each module of this folder, except the machinery, defines BENCHMARK."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.regular import check_regular

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark

_MACHINERY = ("loading", "registry")
_WITH_UNDERSCORES = ("bfcl_v3",)
"""Names that keep their module's underscores; all others are written with hyphens."""


def benchmark_names() -> list[str]:
    """List the benchmarks that come with Northstar; reads the folder without importing anything."""
    modules = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return sorted(
        name if name in _WITH_UNDERSCORES else name.replace("_", "-") for name in modules if name not in _MACHINERY
    )


def find_benchmark(name: str, extra: Sequence[Path] = ()) -> Benchmark:
    """Return the benchmark of that name; the user's files (`--extra_benchmarks`) come first. Raises UsageError."""
    found = find_known(name, extra)
    if found is None:
        whole, _, part = name.rpartition(".")
        parted = find_known(whole, extra) if whole else None
        if parted is not None and parted.parts is not None:
            names = parted.parts.names
            raise UsageError(f"{whole} has no part '{part}'.{did_you_mean(part, names)} It has {', '.join(names)}.")
        if (split := _as_split(name, extra)) is not None:
            raise UsageError(f"unknown benchmark '{name}': write {split[0]}, with --split={split[1]}.")
        known = [*benchmark_names(), *own_benchmarks(extra)]
        raise UsageError(f"unknown benchmark '{name}'.{did_you_mean(name, known)} All: ns prepare_data --list")
    return found


def find_known(name: str, extra: Sequence[Path] = ()) -> Benchmark | None:
    """Return the benchmark, or the part for a name like `bfcl_v3.simple`; None if there is none."""
    whole, _, part = name.rpartition(".")
    if whole:
        parted = find_known(whole, extra)
        if parted is None or parted.parts is None or part not in parted.parts.names:
            return None
        return parted.named(part)
    own = own_benchmarks(extra)
    if name in own:
        return own[name]
    if name not in benchmark_names():
        return None
    module = importlib.import_module(f"northstar.benchmarks.{name.replace('-', '_')}")
    benchmark: Benchmark = module.BENCHMARK
    return benchmark


def _as_split(name: str, extra: Sequence[Path]) -> tuple[str, str] | None:
    """Split names that other tools make of benchmark and split ('gpqa_diamond', 'mmlu-pro-validation')."""
    for place in range(len(name) - 1, 0, -1):
        if name[place] not in "_-":
            continue
        for whole in (name[:place], name[:place].replace("_", "-")):
            found = find_known(whole, extra)
            if found is not None and name[place + 1 :] in found.splits:
                return whole, name[place + 1 :]
    return None


def own_benchmarks(extra: Sequence[Path]) -> dict[str, Benchmark]:
    """Return the user's own benchmarks by name. Raises UsageError."""
    return {benchmark.name: benchmark for path in extra for benchmark in _load(path)}


@cache
def _load(path: Path) -> list[Benchmark]:
    """Load the BENCHMARK of a file, or of each file in a folder; this runs the user's code."""
    from northstar.task.benchmark import Benchmark

    if not path.exists():
        raise UsageError(f"--extra_benchmarks: {path} does not exist.")
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    found: list[Benchmark] = []
    for file in files:
        try:
            check_regular(file)
        except NorthstarError as error:
            raise UsageError(f"--extra_benchmarks: {error}") from None
        spec = importlib.util.spec_from_file_location(f"northstar_extra_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise UsageError(f"--extra_benchmarks: {file} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            raise UsageError(f"--extra_benchmarks: {file} fails: {type(error).__name__}: {error}") from error
        benchmark = getattr(module, "BENCHMARK", None)
        if not isinstance(benchmark, Benchmark):
            raise UsageError(f"--extra_benchmarks: {file} defines no BENCHMARK = Benchmark(…).")
        found.append(benchmark)
    return found
