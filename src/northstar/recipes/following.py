"""Runs a recipe: fills in what a command leaves open, and says where the command departs from the recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from northstar.benchmarks.registry import find_benchmark
from northstar.config.asked_benchmarks import AskedBenchmark, parse_benchmarks
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.config.overrides import merged_trees, override_tree
from northstar.config.plan import Follows, Plan
from northstar.config.settings import RunSettings
from northstar.core.errors import UsageError
from northstar.prompts.library import library_named
from northstar.prompts.names import whole_name
from northstar.recipes.reading import Chosen, chosen_run
from northstar.recipes.recipe import Judge, Run, settings_tree
from northstar.results.run_json import shortly


@dataclass(frozen=True)
class Followed:
    """A command with what a recipe fills in, and a sentence on each departure from the recipe."""

    chosen: Chosen
    options: EvalOptions
    departures: tuple[str, ...]

    def planned(self, plan: Plan) -> Plan:
        """Return the plan with each benchmark's own prompt of the recipe, where the command names none."""
        stage, run = plan.generate, self.chosen.run
        assert stage is not None
        library = None if self.options.words.prompts is None else library_named(self.options.words.prompts)
        extra = plan.extra_benchmarks
        prompts = {
            find_benchmark(name, extra).whole_name: whole_name(asked.prompt, library)
            for name, asked in run.benchmarks.items()
            if asked.prompt is not None
        }
        if "prompt_config" in override_tree(self.options.overrides, "--overrides"):
            prompts = {}
        parts = []
        for part in stage.benchmarks:
            own = prompts.get(find_benchmark(part.name, extra).whole_name)
            settings = part.settings if own is None else part.settings.model_copy(update={"prompt_config": own})
            parts.append(part.model_copy(update={"settings": settings}))
        follows = Follows(recipe=self.chosen.name, departures=self.departures)
        return plan.model_copy(
            update={"generate": stage.model_copy(update={"benchmarks": tuple(parts)}), "follows": follows}
        )


def follow(options: EvalOptions, recipe: str) -> Followed:
    """Fill in what a command leaves open from --recipe=NAME|FILE[:run]; the command wins. Raises UsageError."""
    extra = [Path(path).expanduser().absolute() for path in options.extra_benchmarks]
    chosen = chosen_run(recipe, extra)
    run, words = chosen.run, options.words
    wanted, given = settings_tree(run.settings), override_tree(options.overrides, "--overrides")
    asked = options.benchmarks or ",".join(_written(name, each.repeats) for name, each in run.benchmarks.items())
    names = [each.name for each in parse_benchmarks(asked if isinstance(asked, str) else ",".join(asked))]
    if not any(name in run.benchmarks for name in names):
        known = ", ".join(run.benchmarks)
        raise UsageError(f"--benchmarks: {', '.join(names)}: none is of {chosen.name}, which has {known}.")
    is_judged = any(find_benchmark(name, extra).judge is not None for name in names)
    judge, of_judge = _judge(options.judge, run.judge) if is_judged and run.judge is not None else (options.judge, [])
    departures = (
        *_departing_settings(wanted, given, "++"),
        *_departing_benchmarks(run, options.benchmarks),
        *_departing_options(
            {
                "model": (options.server.model, chosen.recipe.model),
                "server_type": (options.server.type, run.server.type),
                "server_args": (options.server.args, run.server.args),
                "prompts": (words.prompts, run.prompts),
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
    )
    return Followed(chosen, filled, departures)


def _server(given: ServerOptions, chosen: Chosen) -> ServerOptions:
    """Fill in the model, and where the server is started here and of the recipe's type, how it is started."""
    wanted = chosen.run.server
    filled = replace(given, model=given.model or chosen.recipe.model)
    if given.address is not None or given.type not in (None, wanted.type):
        return filled
    gpus = wanted.gpus if given.gpus is None else given.gpus
    return replace(filled, type=wanted.type, args=given.args or wanted.args, gpus=gpus)


def _judge(given: JudgeOptions, wanted: Judge) -> tuple[JudgeOptions, list[str]]:
    """Fill in the judge, and say where the command departs from it."""
    own, tree = override_tree(given.extra_judge_args, "--extra_judge_args"), settings_tree(wanted.settings)
    departures = [
        *_departing_settings(tree, own, "--extra_judge_args: ++"),
        *_departing_options({"judge_model": (given.server.model, wanted.model)}),
    ]
    server = replace(given.server, model=given.server.model or wanted.model)
    return replace(given, server=server, extra_judge_args=merged_trees(tree, own)), departures


def _departing_options(options: Mapping[str, tuple[str | None, str | None]]) -> Iterator[str]:
    """Yield a sentence for each option, by name, that the command gives otherwise than the recipe has it."""
    for name, (given, wanted) in options.items():
        if given and given != wanted:
            yield f"--{name}={given}, where the recipe has {wanted or 'none'}."


def _departing_settings(recipe: Mapping[str, Any], command: Mapping[str, Any], mark: str) -> Iterator[str]:
    """Yield a sentence for each setting of the command that is not the recipe's and can change an answer."""
    wanted = dict(_flat(recipe))
    for key, value in _flat(command):
        if key.partition(".")[0] not in RunSettings.model_fields and (key not in wanted or wanted[key] != value):
            there = f"has {shortly(wanted[key])}" if key in wanted else "does not set it"
            yield f"{mark}{key}={shortly(value)}, where the recipe {there}."


def _departing_benchmarks(run: Run, given: str | Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each benchmark that the command asks otherwise, and for those that it leaves out."""
    if not given:
        return
    asked = {each.name: each for each in parse_benchmarks(given if isinstance(given, str) else ",".join(given))}
    for name, each in asked.items():
        wanted = run.benchmarks.get(name)
        if wanted is None:
            yield f"--benchmarks: {name} is not of the recipe."
        elif _repeats(each) != wanted.repeats or each.least is not None:
            yield f"--benchmarks: not {_written(name, wanted.repeats)}, as the recipe has it, but {_asked(each)}."
    if left := [name for name in run.benchmarks if name not in asked]:
        yield f"--benchmarks: without {', '.join(left)}."


def _repeats(asked: AskedBenchmark) -> int:
    return 0 if asked.seeds == (None,) else len(asked.seeds)


def _asked(asked: AskedBenchmark) -> str:
    least = "" if asked.least is None else f"{asked.least}.."
    return f"{asked.name}:{least}{len(asked.seeds)}" if _repeats(asked) else asked.name


def _written(name: str, repeats: int) -> str:
    return f"{name}:{repeats}" if repeats else name


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
