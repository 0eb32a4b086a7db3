"""Chooses the prompts of a plan: what the user named, else the choice of a library, else the benchmark's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from northstar.prompts.library import LibraryAt, library_named
from northstar.prompts.names import of_library, whole_name

if TYPE_CHECKING:
    from northstar.config.options.prompts import PromptOptions
    from northstar.config.plan import Plan
    from northstar.task.benchmark import Benchmark, Judge


def chosen_library(options: PromptOptions) -> LibraryAt | None:
    """Return the library of --prompts. Raises UsageError."""
    return None if options.prompts is None else library_named(options.prompts)


def prompt_to_ask(given: str | None, benchmark: Benchmark, library: LibraryAt | None) -> str | None:
    """Return the whole name of the prompt that a benchmark is asked with; None for its own. Raises UsageError."""
    if given is not None:
        return whole_name(given, library)
    chosen = library and library.state.benchmarks.get(benchmark.whole_name)
    return f"{library}/{chosen}" if chosen else None


def prompt_to_judge(given: str | None, judge: Judge, benchmark: Benchmark, library: LibraryAt | None) -> str:
    """Return the whole name of the prompt that a benchmark is judged with. Raises UsageError."""
    if given is not None:
        return whole_name(given, library)
    chosen = library and library.state.judges.get(benchmark.whole_name)
    return f"{library}/{chosen}" if chosen else judge.prompt


def prompt_notes(plan: Plan, library: LibraryAt | None) -> list[str]:
    """Return a sentence on the benchmarks that --prompts has no prompt for."""
    if library is None or plan.generate is None:
        return []
    own = [part.name for part in plan.generate.benchmarks if part.settings.prompt_config is None]
    judges = [judge for judge in plan.judges if of_library(judge.prompt) is not None]
    judged = {part.name for judge in judges for part in judge.benchmarks}
    names = [name for name in own if name not in judged]
    return [f"--prompts={library} has no prompt for {', '.join(names)}: asked as without it."] if names else []
