"""Finds benchmarks: each module of this folder and of its families' defines one; packages and files add some."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.config.plugins import Group, load_plugin, plugin_names, plugin_origin
from northstar.core.benchmark_name import GENERATED, BenchmarkName, is_benchmark_word, is_choice, parsed_name
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.regular import check_regular

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark

PYTHON = "python"
"""The tool of names like aime24+python."""
_MACHINERY = ("calling", "choosing", "generated", "loading", "matharena", "metric_names", "registry")
_CALLED = {"arena_hard_v2": "arena-hard-v2"}
"""Module → benchmark, where its authors write it otherwise than the rule has it."""
_FOLDERS = ("mathematics", "choices", "instructions", "programs", "questions", "long_context")
"""Folders that hold several benchmarks of one family."""


def benchmark_names() -> list[str]:
    """The benchmarks of Northstar and of installed packages; imports none of them."""
    return sorted({*_modules(), *plugin_names(Group.BENCHMARKS)})


def _modules() -> dict[str, str]:
    """Name → module, with hyphens for underscores, but not before a version ('_v3') or a date ('_feb25')."""
    here = Path(__file__).parent
    found = [module.name for module in pkgutil.iter_modules([str(here)])]
    found = [module for module in found if module not in (*_MACHINERY, *_FOLDERS)]
    for folder in _FOLDERS:
        found += [f"{folder}.{module.name}" for module in pkgutil.iter_modules([str(here / folder)])]
    return {_name(module.rpartition(".")[2]): module for module in found}


def _name(module: str) -> str:
    """Return the name of a module's benchmark.

    >>> _name("math_500"), _name("bfcl_v3"), _name("arena_hard_v2")
    ('math-500', 'bfcl_v3', 'arena-hard-v2')
    """
    return _CALLED.get(module) or re.sub(r"_(?!(?:v[0-9]+|[a-z]{3}[0-9]{2})$)", "-", module)


def find_benchmark(name: str, extra: Sequence[Path] = ()) -> Benchmark:
    """Return the benchmark of that name; the user's files (`--extra_benchmarks`) come first. Raises UsageError."""
    found = find_known(name, extra)
    if found is None:
        parsed = parsed_name(name)
        whole = find_known(parsed.benchmark, extra) if parsed is not None and parsed.choice else None
        if parsed is not None and parsed.tools and not parsed.origin:
            raise _no_tools(parsed, extra)
        if parsed is not None and whole is not None and not (parsed.tools or parsed.origin):
            raise _no_choice(whole, parsed)
        if (split := _as_split(name, extra)) is not None:
            raise UsageError(f"unknown benchmark '{name}': write {split}.")
        known = [*benchmark_names(), *own_benchmarks(extra)]
        raise UsageError(f"unknown benchmark '{name}'.{did_you_mean(name, known)} All: ns prepare_data --list")
    return found


def find_known(name: str, extra: Sequence[Path] = ()) -> Benchmark | None:
    """Return the benchmark of that name, or None.

    `name.choice` is one part, or one split, of a benchmark; `name+python` is the benchmark with Python as a tool.
    """
    parsed = parsed_name(name)
    if parsed is None or parsed.origin:
        return None
    if parsed.tools:
        plain = find_known(str(BenchmarkName(parsed.benchmark, parsed.choice)), extra)
        return None if plain is None or parsed.tools != (PYTHON,) else with_python(plain)
    if parsed.choice:
        whole = find_known(parsed.benchmark, extra)
        return None if whole is None else whole.chosen(parsed.choice)
    own = own_benchmarks(extra)
    if name in own:
        return own[name]
    modules = _modules()
    if (installed := _installed(name, tuple(modules))) is not None:
        return installed
    place = "generated" if name == GENERATED else modules.get(name)
    if place is None:
        return None
    module = importlib.import_module(f"northstar.benchmarks.{place}")
    benchmark: Benchmark = module.BENCHMARK
    return benchmark


def with_python(benchmark: Benchmark) -> Benchmark | None:
    """Return a benchmark that offers Python beside its question; None for one that asks more than a question a row."""
    from northstar.solvers.tool_loop import OneQuestion, ToolLoop

    if benchmark.offers:
        return benchmark
    if benchmark.tools or not isinstance(benchmark.solver, OneQuestion):
        return None
    name = f"{benchmark.name}+{PYTHON}"
    return replace(benchmark, name=name, solver=ToolLoop(benchmark.solver), offers=(PYTHON,))


@cache
def _installed(name: str, own: tuple[str, ...]) -> Benchmark | None:
    """The benchmark that an installed package has under that name."""
    if name not in plugin_names(Group.BENCHMARKS):
        return None
    from northstar.task.benchmark import Benchmark

    found: Benchmark | None = load_plugin(Group.BENCHMARKS, name, Benchmark, own)
    if found is not None:
        where = plugin_origin(Group.BENCHMARKS, name)
        if found.name != name:
            raise NorthstarError(f"{where} is called '{found.name}'; name its entry so too.")
        _check_names(found, where)
    return found


def _no_tools(asked: BenchmarkName, extra: Sequence[Path]) -> UsageError:
    """What to say of 'bfcl_v3+python', 'aime24+ruby' or 'aime42+python'."""
    plain = find_benchmark(str(BenchmarkName(asked.benchmark, asked.choice)), extra)
    if other := [tool for tool in asked.tools if tool != PYTHON]:
        return UsageError(f"'{asked}': there is no tool '{other[0]}'; write {plain.name}+{PYTHON}.")
    if len(asked.tools) > 1:
        return UsageError(f"'{asked}' names the tool twice; write {plain.name}+{PYTHON}.")
    return no_python(plain)


def no_python(benchmark: Benchmark) -> UsageError:
    """What to say of a benchmark that Python cannot be offered beside."""
    why = "offers tools of its own" if benchmark.tools else "asks several questions a row"
    return UsageError(f"{benchmark.name} {why}: Python as a tool is for benchmarks that ask one question a row.")


def _no_choice(whole: Benchmark, asked: BenchmarkName) -> UsageError:
    """What to say of 'bfcl_v3.simpel' or 'gpqa.dimond'."""
    split, part = asked.split_and_part
    if whole.parts is not None and not (split and whole.has_split(part)):
        names = whole.parts.names
        return UsageError(f"{whole.name} has no part '{part}'.{did_you_mean(part, names)} It has {', '.join(names)}.")
    try:
        whole.source(asked.choice)
    except UsageError as error:
        said = str(error).removeprefix("--split: ")
        return UsageError(said.replace(f"--split={asked.choice}", f"'{asked}'"))
    raise AssertionError(f"{asked} is a split")


def _as_split(name: str, extra: Sequence[Path]) -> str | None:
    """How to write what other tools make of benchmark and split ('gpqa_diamond', 'mmlu-pro-validation')."""
    for place in range(len(name) - 1, 0, -1):
        if name[place] not in "_-":
            continue
        for whole in (name[:place], name[:place].replace("_", "-")):
            found = find_known(whole, extra)
            split = name[place + 1 :]
            if found is not None and split in found.splits.named:
                return str(BenchmarkName(whole, split))
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
        _check_names(benchmark, f"--extra_benchmarks: {file}")
        found.append(benchmark)
    return found


def _check_names(benchmark: Benchmark, where: str) -> None:
    """Folders are named by a benchmark, its splits and its parts. Raises UsageError for a name that can't be one."""
    if benchmark.name == GENERATED:
        raise UsageError(
            f"{where}: a benchmark can't be called '{GENERATED}': ns generate has its results by that name."
        )
    if not is_benchmark_word(benchmark.name):
        raise UsageError(
            f"{where}: a benchmark can't be called '{benchmark.name}': leave out spaces and any of . / , : @ +"
        )
    parts = () if benchmark.parts is None else benchmark.parts.names
    for name in (*benchmark.splits.named, *parts):
        if not is_choice(name):
            raise UsageError(
                f"{where}: a split or part can't be called '{name}': leave out spaces, "
                "any of / , : @ + and dots at its ends."
            )
    if both := set(benchmark.splits.named) & set(parts):
        raise UsageError(f"{where}: '{min(both)}' is a split and a part; rename one of the two.")
    if not benchmark.has_split(benchmark.splits.default):
        raise UsageError(
            f"{where}: {benchmark.name} has no split '{benchmark.splits.default}': name its default one of "
            f"{', '.join(benchmark.splits.named)}, as in Splits(…, default='…')."
        )
