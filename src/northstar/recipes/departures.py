"""Where a run was asked otherwise than its recipe says."""

from __future__ import annotations

from typing import Any

from northstar.benchmarks.registry import find_known
from northstar.comparison.side import Side
from northstar.config.overrides import merged_trees
from northstar.config.settings import AllSettings
from northstar.core.benchmark_name import parsed_name
from northstar.prompts.library import library_named
from northstar.prompts.names import whole_name
from northstar.recipes.recipe import Asked, Run, settings_tree
from northstar.results.run_json import shortly


def departures_of(benchmark: str, run: Run, asked: Asked, side: Side) -> list[str]:
    """Return a sentence for each setting of a benchmark's results that departs from the recipe.

    Args:
        benchmark: As the recipe names it.
        run: The recipe's run.
        asked: How the run asks the benchmark.
        side: The results, with what run.json has of them.
    """
    if not side.settings:
        return ["there is no run.json: nobody knows how it was asked."]
    return [
        f"asked with {key} {shortly(there)}, where the recipe has {shortly(wanted)}."
        for key, wanted in _wanted(benchmark, run, asked).items()
        if key in side.settings and (there := side.settings[key]) != wanted
    ] + ([] if run.judge is None or side.judge in ("", run.judge.model) else [_judged(side.judge, run.judge.model)])


def _judged(there: str, wanted: str) -> str:
    return f"judged by {there}, where the recipe has {wanted}."


def _wanted(benchmark: str, run: Run, asked: Asked) -> dict[str, Any]:
    """Return what the recipe says of the keys of run.json."""
    settings = AllSettings.model_validate(merged_trees(settings_tree(run.settings), settings_tree(asked.settings)))
    wanted: dict[str, Any] = {
        f"inference.{name}": getattr(settings.inference, name)
        for name in sorted(settings.inference.model_fields_set - {"neutral", "stream"})
    }
    wanted |= {
        name: getattr(settings, name)
        for name in ("system_message", "parse_reasoning", "end_reasoning_string", "use_client_parsing", "tool_parser")
        if name in settings.model_fields_set
    }
    prompt = _prompt(benchmark, run, asked)
    return wanted | ({} if prompt is None else {"prompt": prompt})


def _prompt(benchmark: str, run: Run, asked: Asked) -> str | None:
    """Return the whole name of the prompt that the recipe asks with; None for the own one of somebody's benchmark."""
    library = None if run.prompts is None else library_named(run.prompts)
    if (own := asked.own.get("prompt_config") or run.settings.prompt_config) is not None:
        return whole_name(own, library)
    parsed = parsed_name(benchmark)
    of_library = None if library is None or parsed is None else library.state.benchmarks.get(parsed.benchmark)
    if of_library is not None:
        return whole_name(of_library, library)
    known = find_known(benchmark)
    return None if known is None else known.prompt
