"""Fetches what a plan needs before it is run or submitted: rows that are not prepared, and models of the hub."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.api.prepare import prepare_chosen
from northstar.benchmarks.registry import find_benchmark
from northstar.core.errors import NorthstarError
from northstar.core.text import counted, printable, size_in_words
from northstar.data.folder import split_path
from northstar.data.github import raw_file
from northstar.data.hub import size_of
from northstar.data.source import EnvironmentPackage, GitHubFile, HubFile, PackagedFile, hub_files
from northstar.engine.preflight.models import models_to_fetch, with_models

if TYPE_CHECKING:
    from northstar.config.plan import Plan
    from northstar.task.benchmark import Benchmark


def say(line: str) -> None:
    """Tell the user, where the caller shows progress."""
    print(printable(line), file=sys.stderr, flush=True)


def say_nothing(line: str) -> None:
    del line


AT_ONCE = 8
"""Files whose sizes are asked for at the same time."""


def fetch_needed(plan: Plan, say: Callable[[str], None], *, prepare: bool) -> Plan:
    """Prepare the plan's benchmarks that are not, and fetch its models; return it with their commits.

    Args:
        plan: The plan.
        say: Told what is fetched, from where, and how large it is, before it is.
        prepare: Whether to prepare benchmarks; else the run refuses those that are not prepared.

    Raises:
        NorthstarError: Something cannot be fetched; nothing was run.
    """
    missing = unprepared(plan) if prepare else []
    for benchmark, split in missing:
        say(f"{benchmark.name} is not prepared: {_what_is_fetched(benchmark, split)}, for {_data_dir(plan)}")
    if missing:
        try:
            prepare_chosen(missing, _data_dir(plan), say=say)
        except NorthstarError as error:
            raise NorthstarError(f"cannot prepare what the run needs: {error}") from None
    return with_models(plan, say, starts=False)


def described_needs(plan: Plan) -> list[str]:
    """Return a sentence on each thing that the run would fetch first. Asks how large they are; fetches nothing."""
    return [
        *(
            f"{benchmark.name} is not prepared; the run prepares it first: {_what_is_fetched(benchmark, split)}"
            for benchmark, split in unprepared(plan)
        ),
        *models_to_fetch(plan),
    ]


def unprepared(plan: Plan) -> list[tuple[Benchmark, str]]:
    """Return the benchmarks of the plan whose rows are not there, each with its split, once."""
    found: dict[tuple[str, str], tuple[Benchmark, str]] = {}
    for part in plan.generate.benchmarks if plan.generate else ():
        benchmark = find_benchmark(part.name, plan.extra_benchmarks)
        if isinstance(benchmark.source(part.split), PackagedFile):
            continue
        if not split_path(_data_dir(plan), benchmark.whole_name, part.split).exists():
            found.setdefault((benchmark.whole_name, part.split), (benchmark, part.split))
    return list(found.values())


def without_unprepared(plan: Plan) -> Plan:
    """Return the plan without the benchmarks whose rows are not there."""
    missing = {(each.whole_name, split) for each, split in unprepared(plan)}
    if plan.generate is None or not missing:
        return plan
    kept = tuple(
        part
        for part in plan.generate.benchmarks
        if (find_benchmark(part.name, plan.extra_benchmarks).whole_name, part.split) not in missing
    )
    names = {part.name for part in kept}
    judges = (judge.of(part for part in judge.benchmarks if part.name in names) for judge in plan.judges)
    return plan.model_copy(
        update={
            "generate": plan.generate.model_copy(update={"benchmarks": kept}),
            "judges": tuple(judge for judge in judges if judge.benchmarks),
        }
    )


def _data_dir(plan: Plan) -> Path:
    assert plan.generate is not None
    return plan.generate.data_dir


def _what_is_fetched(benchmark: Benchmark, split: str) -> str:
    """Say what is fetched, and how large. Raises NorthstarError where the hub does not give it."""
    source = benchmark.source(split)
    if isinstance(source, EnvironmentPackage):
        return f"installing {source.environment.named}"
    assert not isinstance(source, PackagedFile)
    files = hub_files(source)
    try:
        size = _size(files)
    except NorthstarError as error:
        raise NorthstarError(f"{benchmark.name} is not prepared: {error}") from None
    what = files[0].path if len(files) == 1 else counted(len(files), "file")
    place = "GitHub" if isinstance(files[0], GitHubFile) else "the hub"
    here = ", in the cache here" if size == 0 else f", {size_in_words(size)}"
    return f"fetching {files[0].repo} ({what}{here}) from {place}"


def _size(files: Sequence[HubFile]) -> int | None:
    """Return the bytes of the files that are not in the cache; None where a host doesn't say."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sizes = list(threads.map(_size_of, files))
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _size_of(file: HubFile) -> int | None:
    return raw_file(file).size() if isinstance(file, GitHubFile) else size_of(file)
