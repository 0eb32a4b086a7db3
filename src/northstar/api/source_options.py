"""Checks the options of a benchmark's source, such as `++scicode.given=DIR`, before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.benchmarks.registry import benchmark_names, find_benchmark, find_known
from northstar.config.overrides import key_and_value
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.data.source import HubFiles, Source, SourceOption

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark

SourceOptions = Mapping[str, Mapping[str, AnyPath]]
"""Benchmark → option → path."""


def names_and_options(argv: Iterable[str]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Split arguments into names of benchmarks and ++benchmark.option=path options. Raises UsageError."""
    names: list[str] = []
    given: dict[str, dict[str, str]] = {}
    for argument in argv:
        if not argument.startswith("+") and "=" not in argument:
            names.append(argument)
            continue
        key, path = key_and_value(argument)
        if not path:
            raise UsageError(f"'{argument}' has no value: write ++{key}=PATH.")
        benchmark, _, option = key.partition(".")
        given.setdefault(benchmark, {})[option] = path
    return names, given


def options_of(sources: Iterable[Source]) -> dict[str, SourceOption]:
    """Return the options that these sources take, by name."""
    return {name: each for source in sources if isinstance(source, HubFiles) for name, each in source.options.items()}


def check_options(
    given: SourceOptions, chosen: Sequence[tuple[Benchmark, str]], extra: Sequence[Path] = ()
) -> dict[str, dict[str, Path]]:
    """Return the paths that were given, absolute.

    Args:
        given: What the user wrote.
        chosen: The benchmarks to prepare, each with the split.
        extra: Files of the user's own benchmarks.

    Raises:
        UsageError: No source takes such an option, or it cannot use the path.
    """
    known: dict[str, dict[str, SourceOption]] = {}
    for benchmark, split in chosen:
        known.setdefault(benchmark.whole_name, {}).update(options_of([benchmark.source(split)]))
    checked: dict[str, dict[str, Path]] = {}
    for name, options in given.items():
        if not isinstance(options, Mapping):
            raise UsageError(f"options['{name}'] must be a dict of its settings, such as {{'given': path}}.")
        for option, path in options.items():
            if option not in known.get(name, {}):
                raise _unknown(name, option, known, extra)
            there = Path(path).expanduser().absolute()
            if not there.exists():
                raise UsageError(f"++{name}.{option}: {there} does not exist.")
            known[name][option].check(there)
            checked.setdefault(name, {})[option] = there
    return checked


def _unknown(
    benchmark: str, option: str, known: Mapping[str, Mapping[str, SourceOption]], extra: Sequence[Path]
) -> UsageError:
    key = f"++{benchmark}.{option}" if option else f"++{benchmark}"
    if benchmark not in known and option and find_known(benchmark, extra) is not None:
        return UsageError(f"{key} is for {benchmark}, which is not among the benchmarks to prepare.")
    keys = [f"++{name}.{each}" for name, options in known.items() for each in options]
    near = did_you_mean(key, keys)
    if not near:
        near = f" There are {', '.join(keys)}." if keys else f" There is none for {', '.join(known)}."
    return UsageError(f"unknown setting '{key}'.{near}")


def setting_meant(option: str) -> str:
    """'++scicode.given' for '--scicode_given'; '' where no benchmark has such a setting."""
    argument = option.lstrip("-").replace("-", "_")
    for name in benchmark_names():
        setting = argument.removeprefix(f"{name.replace('-', '_')}_")
        if setting != argument and setting in options_of(find_benchmark(name).splits.named.values()):
            return f"++{name}.{setting}"
    return ""
