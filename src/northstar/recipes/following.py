"""Runs a recipe: fills in what a command leaves open, and says where the command departs from the recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from northstar.benchmarks.registry import find_benchmark
from northstar.config.asked_benchmarks import AskedBenchmark, parse_benchmarks
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.config.overrides import merged_trees, override_tree
from northstar.config.plan import Follows
from northstar.config.settings import RunSettings
from northstar.core.credentials import HIDDEN, shown_address
from northstar.core.errors import UsageError
from northstar.groups.expanding import expanded
from northstar.recipes.reading import Chosen, chosen_run, moved_recipe
from northstar.recipes.recipe import Asked, Judge, Run, Server, settings_tree
from northstar.results.run_json import shortly


@dataclass(frozen=True)
class Followed:
    """A command with what a recipe fills in, and a sentence on each departure from the recipe.

    Attributes:
        own: Benchmark → what it is asked with instead of what all are, but for what the command sets.
    """

    chosen: Chosen
    options: EvalOptions
    own: Mapping[str, Mapping[str, Any]]
    departures: tuple[str, ...]

    @property
    def follows(self) -> Follows:
        """Return what the plan, and so run.json, says of it."""
        recipe = moved_recipe(self.chosen.name, lambda path: str(Path(path).expanduser().absolute()))
        return Follows(recipe=recipe, departures=self.departures)


def follow(options: EvalOptions, recipe: str) -> Followed:
    """Fill in what a command leaves open from --recipe=NAME|FILE[:run]; the command wins. Raises UsageError."""
    typed = [Path(path).expanduser().absolute() for path in options.extra_benchmarks]
    chosen = chosen_run(recipe, typed)
    run, words = chosen.run, options.words
    extra = typed or list(run.extra_benchmarks)
    wanted, given = settings_tree(run.settings), override_tree(options.overrides, "--overrides")
    given_text = options.benchmarks if isinstance(options.benchmarks, str) else ",".join(options.benchmarks)
    typed_text = expanded(given_text, extra).text if given_text else ""
    own_text = ",".join(_written(name, each) for name, each in run.benchmarks.items())
    asked = options.benchmarks or own_text
    names = [each.name for each in parse_benchmarks(typed_text or own_text)]
    if not any(name in run.benchmarks for name in names):
        known = ", ".join(run.benchmarks)
        raise UsageError(f"--benchmarks: {', '.join(names)}: none is of {chosen.name}, which has {known}.")
    is_judged = any(find_benchmark(name, extra).judge is not None for name in names)
    own = {name: run.benchmarks[name].own for name in names if name in run.benchmarks}
    judge, of_judge = _judge(options.judge, run.judge) if is_judged and run.judge is not None else (options.judge, [])
    departures = (
        *_departing_settings(wanted, given, "++", own),
        *_departing_benchmarks(run, typed_text),
        *_departing_options(
            {
                "model": (options.server.model, chosen.recipe.model),
                "server_type": (options.server.type, run.server.type or options.server.type),
                "server_args": (options.server.args, run.server.args),
                "server_address": _addresses(options.server, run.server),
                "prompts": (words.prompts, run.prompts),
                "split": (options.split, run.split),
            }
        ),
        *of_judge,
    )
    filled = replace(
        options,
        benchmarks=asked,
        overrides=merged_trees(wanted, given),
        words=replace(words, prompts=words.prompts or run.prompts),
        server=_server(options.server, chosen),
        judge=judge,
        split=options.split or run.split,
        extra_benchmarks=extra,
        **({} if options.benchmarks else _seeds(options, run)),
    )
    mine = {find_benchmark(name, extra).whole_name: _less(each.own, given) for name, each in run.benchmarks.items()}
    return Followed(chosen, filled, mine, departures)


def _less(tree: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree without the values that another has, too."""
    kept: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and isinstance(given.get(key), Mapping):
            kept[key] = _less(value, given[key])
        elif key not in given:
            kept[key] = value
    return kept


def _addresses(given: ServerOptions, wanted: Server) -> tuple[str | None, str | None]:
    """Return both addresses as they may be shown; none where the recipe doesn't say where its server is."""
    if wanted.address is None or given.address is None:
        return None, None
    asked = [given.address] if isinstance(given.address, str) else given.address
    return ", ".join(map(shown_address, asked)), shown_address(wanted.address)


def _seeds(options: EvalOptions, run: Run) -> dict[str, Any]:
    """Return the options of the seeds that the recipe's own benchmarks are asked with."""
    first = run.starting_seed if options.starting_seed is None else options.starting_seed
    return {"starting_seed": first, "precision": run.precision if options.precision is None else options.precision}


def _server(given: ServerOptions, chosen: Chosen) -> ServerOptions:
    """Fill in the model, and where the server is started here and of the recipe's type, how it is started."""
    wanted = chosen.run.server
    filled = replace(given, model=given.model or chosen.recipe.model or None)
    if given.address is not None or given.addresses is not None or _is_another(given.type, wanted.type):
        return filled
    if HIDDEN in (wanted.address or ""):
        raise UsageError(
            f"{chosen.name} hides the key in its server's address, {wanted.address}: add --server_address."
        )
    return replace(filled, **_as_wanted(given, wanted))


def _is_another(given: str | None, wanted: str | None) -> bool:
    """Whether a server type is given that is not the recipe's; a recipe may leave it open."""
    return None not in (given, wanted) and given != wanted


def _as_wanted(given: ServerOptions, wanted: Server) -> dict[str, Any]:
    """Return the options of a server: those given, else the recipe's."""
    default = ServerOptions()
    return {
        name: getattr(wanted, name) if getattr(given, name) == getattr(default, name) else getattr(given, name)
        for name in Server.model_fields
    }


def _judge(given: JudgeOptions, wanted: Judge) -> tuple[JudgeOptions, list[str]]:
    """Fill in the judge, and say where the command departs from it."""
    own, tree = override_tree(given.extra_judge_args, "--extra_judge_args"), settings_tree(wanted.settings)
    departures = [
        *_departing_settings(tree, own, "--extra_judge_args: ++"),
        *_departing_options({"judge_model": (given.server.model, wanted.model)}),
    ]
    server = replace(given.server, model=given.server.model or wanted.model)
    if (
        wanted.server is not None
        and given.server.address is None
        and not _is_another(given.server.type, wanted.server.type)
    ):
        server = replace(server, **_as_wanted(given.server, wanted.server))
    return replace(given, server=server, extra_judge_args=merged_trees(tree, own)), departures


def _departing_options(options: Mapping[str, tuple[str | None, str | None]]) -> Iterator[str]:
    """Yield a sentence for each option, by name, that the command gives otherwise than the recipe has it."""
    for name, (given, wanted) in options.items():
        if given and given != wanted:
            yield f"--{name}={given}, where the recipe has {wanted or 'none'}."


def _departing_settings(
    recipe: Mapping[str, Any], command: Mapping[str, Any], mark: str, own: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[str]:
    """Yield a sentence for each setting of the command that is not the recipe's and can change an answer.

    own: benchmark → what the recipe has for it alone.
    """
    wanted, mine = dict(_flat(recipe)), {name: dict(_flat(tree)) for name, tree in (own or {}).items()}
    for key, value in _flat(command):
        if key.partition(".")[0] in RunSettings.model_fields:
            continue
        alone = {name: tree[key] for name, tree in mine.items() if key in tree}
        if (key not in wanted and not alone) or (key in wanted and wanted[key] != value):
            there = f"has {shortly(wanted[key])}" if key in wanted else "does not set it"
            yield f"{mark}{key}={shortly(value)}, where the recipe {there}."
        for name, each in alone.items():
            if each != value:
                yield f"{mark}{key}={shortly(value)}, where the recipe has {shortly(each)} for {name}."


def _departing_benchmarks(run: Run, given: str) -> Iterator[str]:
    """Yield a sentence for each benchmark that the command asks otherwise, and for those that it leaves out."""
    if not given:
        return
    asked = {each.name: each for each in parse_benchmarks(given)}
    otherwise = {
        _asked(each): _written(name, wanted)
        for name, each in asked.items()
        if (wanted := run.benchmarks.get(name)) is not None
        and (_repeats(each), each.least) != (wanted.repeats, wanted.least)
    }
    if otherwise:
        yield f"--benchmarks: {', '.join(otherwise)}, where the recipe has {', '.join(otherwise.values())}."
    for name in asked:
        if name not in run.benchmarks:
            yield f"--benchmarks: {name} is not of the recipe."
    if left := [name for name in run.benchmarks if name not in asked]:
        yield f"--benchmarks: without {', '.join(left)}."


def _repeats(asked: AskedBenchmark) -> int:
    return 0 if asked.seeds == (None,) else len(asked.seeds)


def _asked(asked: AskedBenchmark) -> str:
    least = "" if asked.least is None else f"{asked.least}.."
    return f"{asked.name}:{least}{len(asked.seeds)}" if _repeats(asked) else asked.name


def _written(name: str, asked: Asked) -> str:
    least = "" if asked.least is None else f"{asked.least}.."
    return f"{name}:{least}{asked.repeats}" if asked.repeats else name


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
