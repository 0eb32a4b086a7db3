"""What `ns recipes` says: the recipes that there are, and what one holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from northstar.config.settings import AllSettings
from northstar.core.text import counted
from northstar.recipes.reading import named_run, read_recipe, recipe_names, run_of
from northstar.recipes.recipe import Published, Run, settings_tree
from northstar.reports.table import NOTHING, text_table


def listed() -> str:
    """Return a line for each run of each recipe that comes with Northstar."""
    lines = [["recipe", "benchmarks", "published values", "source"]]
    for name in recipe_names():
        for run_name, run in read_recipe(name).runs.items():
            counts = [str(len(run.benchmarks)), str(run.published)]
            lines.append([f"{name}:{run_name}", *counts, f"{run.source}, {run.date}"])
    return text_table("recipes", lines)


def described(text: str, extra: Sequence[Path]) -> str:
    """Return what a recipe, or one run of it, holds. Raises UsageError."""
    name, run_name = named_run(text)
    recipe = read_recipe(name, extra, run_name)
    runs = {run_name: run_of(recipe, name, run_name)} if run_name else recipe.runs
    head = f"{recipe.about or name}\nmodel: {recipe.model}"
    return "\n\n".join([head, *(_run(f"{name}:{each}", run) for each, run in runs.items())])


def _run(title: str, run: Run) -> str:
    lines = [["benchmark", "seeds", "prompt", "score", "published", "n", "k", ""]]
    for name, asked in run.benchmarks.items():
        start = [name, str(asked.repeats or "greedy"), asked.prompt or NOTHING]
        lines += [[*start, *_cells(value)] for value in asked.published]
        if not asked.published:
            lines.append([*start, NOTHING, NOTHING, NOTHING, NOTHING, ""])
    facts = [f"{name}: {said}" for name, said in _facts(run) if said]
    return "\n".join([f"{title}{run.about and f': {run.about}'}", *facts, "", text_table("published", lines)])


def _cells(value: Published) -> list[str]:
    note = "main" if value.main else "" if value.match else f"not to be matched: {value.reason}"
    return [value.name, f"{value.value:.2f}%", f"{value.n:,}", str(value.k), note]


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what the run is asked with, as words of a command where it has some."""
    yield "source", ", ".join(each for each in (run.source, run.date) if each)
    yield "prompts", run.prompts or ""
    yield "settings", _words(run.settings)
    for name, asked in run.benchmarks.items():
        yield f"settings of {name}", _words(asked.settings)
    server = run.server
    gpus = [f"on {counted(server.gpus, 'GPU')}"] if server.gpus else []
    yield "server", " ".join(filter(None, [server.type, server.address, *gpus, server.args]))
    if run.judge is not None:
        yield "judge", f"{run.judge.model} {_words(run.judge.settings)}"
    for sentence in run.departures:
        yield "departs from what was published", sentence


def _words(settings: AllSettings) -> str:
    """Return settings as ++key=value words."""

    def words(path: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from words(f"{path}.{name}".removeprefix("."), inner)
        else:
            yield f"++{path}={value}"

    return " ".join(words("", settings_tree(settings)))
