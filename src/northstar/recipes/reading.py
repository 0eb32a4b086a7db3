"""Finds recipes by name or path, and reads them; what they name is checked, with the line of what is unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from northstar.benchmarks.metric_names import metric_names
from northstar.benchmarks.registry import find_benchmark
from northstar.config.typed_file import Place, line_of, read_typed
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.regular import read_whole
from northstar.prompts.library import LibraryAt, library_named
from northstar.prompts.names import is_path, of_library, prompt_names, unknown_prompt, whole_name
from northstar.recipes import recorded
from northstar.recipes.recipe import Asked, Recipe, Run
from northstar.task.benchmark import Benchmark

_WRITTEN = (".yaml", ".yml")
_ENDINGS = (*_WRITTEN, recorded.ENDING)


@dataclass(frozen=True)
class Chosen:
    """A recipe's run; `name` is how --recipe names it."""

    name: str
    recipe: Recipe
    run: Run


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with Northstar."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def chosen_run(text: str, extra: Sequence[Path] = ()) -> Chosen:
    """Return what --recipe=NAME|FILE[:run] names. Raises UsageError."""
    name, run = named_run(text)
    recipe = read_recipe(name, extra, run)
    if not run and len(recipe.runs) > 1:
        there = ", ".join(recipe.runs)
        raise UsageError(f"--recipe={text}: it has the runs {there}; name one: {name}:{next(iter(recipe.runs))}.")
    run = run or next(iter(recipe.runs))
    return Chosen(name if run == recorded.ALL else f"{name}:{run}", recipe, run_of(recipe, name, run))


def named_run(text: str) -> tuple[str, str]:
    """Return the recipe and the run in 'NAME:run'; '' where no run is named.

    >>> named_run("my.yaml"), named_run("my.yaml:fast")
    (('my.yaml', ''), ('my.yaml', 'fast'))
    >>> named_run("out/run.json:2")
    ('out/run.json', '2')
    """
    name, _, run = text.rpartition(":") if ":" in text and not text.endswith(_ENDINGS) else (text, "", "")
    return name, run


def moved_recipe(text: str, move: Callable[[str], str]) -> str:
    """Return what names the same recipe where paths are others.

    >>> moved_recipe("my.yaml:fast", "/lab/{}".format), moved_recipe("nemotron-nano-9b-v2", "/lab/{}".format)
    ('/lab/my.yaml:fast', 'nemotron-nano-9b-v2')
    """
    name, run = named_run(text)
    name = move(name) if name.endswith(_ENDINGS) else name
    return f"{name}:{run}" if run else name


def run_of(recipe: Recipe, name: str, run: str) -> Run:
    """Return a recipe's run. Raises UsageError if there is none of that name; `name` is the recipe's."""
    if run not in recipe.runs:
        known = recipe.runs
        raise UsageError(f"{name} has no run '{run}'.{did_you_mean(run, known)} It has {', '.join(known)}.")
    return recipe.runs[run]


def read_recipe(name: str, extra: Sequence[Path] = (), run: str = "") -> Recipe:
    """Read a recipe of Northstar by name, or one's own by path.

    Args:
        name: The name, or a path that ends in .yaml; or that of a run.json, for the run that it tells of.
        extra: Files of one's own benchmarks.
        run: Which run is wanted, of a run.json.

    Raises:
        UsageError: There is none, or it is wrong; the sentence names file and line.
    """
    if name in recipe_names():
        path = _shipped() / f"{name}.yaml"
    elif name.endswith(recorded.ENDING):
        return recorded.recorded(Path(name).expanduser(), run.removeprefix(recorded.ALL))
    elif name.endswith(_WRITTEN):
        path = Path(name).expanduser()
    else:
        known = recipe_names()
        raise UsageError(
            f"there is no recipe '{name}'.{did_you_mean(name, known)} There are {', '.join(known)}; one of your own is "
            "named by its path, ending in .yaml, and a run that was made by its run.json."
        )
    recipe = read_typed(path, Recipe, "a recipe")
    for run_name, each in recipe.runs.items():
        _check_run(each, ("runs", run_name), path, extra)
    return recipe


def _shipped() -> Path:
    return Path(str(resources.files(__package__).joinpath("shipped")))


def _check_run(run: Run, place: Place, path: Path, extra: Sequence[Path]) -> None:
    """Check that what a run names is there."""
    library: LibraryAt | None = None
    try:
        library = None if run.prompts is None else library_named(run.prompts)
    except UsageError as error:
        raise _wrong(path, (*place, "prompts"), str(error).removeprefix("--")) from None
    for extra_file in run.extra_benchmarks:
        if not extra_file.exists():
            raise _wrong(path, (*place, "extra_benchmarks"), f"there is no file {extra_file}.")
    extra = (*extra, *run.extra_benchmarks)
    if run.settings.prompt_config is not None:
        _check_prompt(run.settings.prompt_config, library, (*place, "settings", "prompt_config"), path)
    for name, asked in run.benchmarks.items():
        inside = (*place, "benchmarks", name)
        try:
            benchmark = find_benchmark(name, extra)
        except UsageError as error:
            raise _wrong(path, inside, str(error)) from None
        if (prompt := asked.own.get("prompt_config")) is not None:
            _check_prompt(prompt, library, (*inside, "prompt"), path)
        _check_published(asked, benchmark, inside, path)


def _check_prompt(text: str, library: LibraryAt | None, place: Place, path: Path) -> None:
    try:
        if is_path(text):
            return
        whole = whole_name(text, library)
        found = of_library(whole)
        if whole not in prompt_names() and (found is None or (found.at.names and found.name not in found.at.names)):
            raise unknown_prompt(text)
    except UsageError as error:
        raise _wrong(path, place, str(error).removeprefix("++prompt_config=")) from None


def _check_published(asked: Asked, benchmark: Benchmark, place: Place, path: Path) -> None:
    known, seen = metric_names(benchmark), set()
    for number, value in enumerate(asked.published):
        here = (*place, "published", number)
        if value.metric not in known:
            raise _wrong(
                path,
                (*here, "metric"),
                f"{benchmark.whole_name} has no metric '{value.metric}'.{did_you_mean(value.metric, known)} It has "
                f"{', '.join(known)}.",
            )
        if value.name in seen:
            raise _wrong(path, here, f"{value.name} is published twice.")
        seen.add(value.name)


def _wrong(path: Path, place: Place, sentence: str) -> UsageError:
    return UsageError(f"{path}, line {line_of(read_whole(path).decode(), place)}: {sentence}")
