"""A run that was made, given back as a recipe: what run.json has of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from northstar.benchmarks.registry import find_benchmark
from northstar.config.plan import BenchmarkPlan, GenerateStage, JudgeStage, Plan, ServerPlan
from northstar.config.settings import AllSettings, EvalSettings, InferenceSettings, RunSettings
from northstar.core.errors import NorthstarError, UsageError
from northstar.provenance.earlier_plan import plan_of_today
from northstar.recipes.recipe import Asked, Judge, Recipe, Run, Server
from northstar.results.run_json import read_run_json
from northstar.task.benchmark import Benchmark

ENDING = ".json"
ALL = "all"
"""The name of all runs of a run.json together."""
_OF_A_PLAN = frozenset(("generate", "judges", "benchmarks"))
"""What a stored plan of ns eval or ns judge has, of this version or an earlier one."""
_NO_JUDGE = "none"
_ALWAYS_SENT = ("temperature", "top_p")
_OF_TOOLS = ("endpoint_type", "apply_chat_template")
"""What a benchmark with tools sets itself."""
_Flat = dict[tuple[str, ...], Any]


def recorded(path: Path, number: str = "") -> Recipe:
    """Return the recipe that asks again what a run.json says was asked.

    Args:
        path: The run.json.
        number: Which of its runs, from 1; all of them without one.

    Raises:
        UsageError: It can't be read, no run of it asked a model, or its runs can't be one command.
    """
    all_plans = _plans(path)
    plans = {name: plan for name, plan in all_plans.items() if plan.generate is not None}
    if not plans:
        raise UsageError(f"{path} has no run that asked a model: there is nothing to run again.")
    if number:
        if number not in plans:
            raise UsageError(f"{path} has no run '{number}' that asked a model; it has {', '.join(plans)}.")
        plans = {number: plans[number]}
    later = [
        stage
        for plan in all_plans.values()
        if plan.generate is None
        for stage in plan.judges
        if stage.pairs is None or stage.pairs.against is None
    ]
    run, server = _run(path, plans, later)
    return Recipe(model=_model(server) or "", runs={number or ALL: run})


def _plans(path: Path) -> dict[str, Plan]:
    """Return the plans of the runs that asked a model or a judge, by their numbers from 1."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}.")
    try:
        stored = read_run_json(path, remedy="name the recipe or the settings that it was made with")
    except NorthstarError as error:
        raise UsageError(str(error)) from None
    found: dict[str, Plan] = {}
    for number, run in enumerate(stored.get("runs", []), 1):
        plan = run.get("plan") or {}
        if not plan.keys() & _OF_A_PLAN:  # it imported, or graded again
            continue
        try:
            found[str(number)] = Plan.model_validate_json(json.dumps(plan_of_today(plan)))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise UsageError(
                f"{path}: another version of Northstar wrote its run {number}, whose plan this one can't read "
                f"({where}: {error.errors()[0]['msg'].lower()})."
            ) from None
    return found


def _run(path: Path, plans: Mapping[str, Plan], later: Sequence[JudgeStage]) -> tuple[Run, ServerPlan]:
    """Return the plans as one run, and the server of the model. later: who judged in runs, or jobs, of their own."""
    plans = {f"run {number}": plan for number, plan in plans.items()}
    stages = {name: plan.generate for name, plan in plans.items() if plan.generate is not None}
    servers = {name: _server(stage.server) | {"model": _model(stage.server)} for name, stage in stages.items()}
    _check_one(path, servers, "were asked of different servers or models")
    _check_one(path, {name: plan.extra_benchmarks for name, plan in plans.items()}, "have other benchmark files")
    judges = {name: [_judged(stage) for stage in plan.judges] for name, plan in plans.items() if plan.judges}
    _check_one(path, judges, "were judged in different ways")
    *_, last = plans.values()
    assert last.generate is not None
    parts = _parts(path, stages)
    known = {name: find_benchmark(name, last.extra_benchmarks) for name in parts}
    trees = {name: _given(part.settings, known[name]) for name, part in parts.items()}
    common = {key: value for tree in trees.values() for key, value in tree.items() if _is_common(key, value, trees)}
    own = {name: {key: value for key, value in tree.items() if key not in common} for name, tree in trees.items()}
    first = {name: part.seeds[0] for name, part in parts.items() if part.seeds[0] is not None}
    _check_one(path, first, "began with different seeds")
    precisions = {name: part.growth.precision for name, part in parts.items() if part.growth is not None}
    _check_one(path, precisions, "were to reach different precisions")
    run = Run(
        about=f"what {path} says was asked",
        split=_split(path, parts, known),
        starting_seed=next(iter(first.values())) or None if first else None,
        precision=next(iter(precisions.values()), None),
        extra_benchmarks=last.extra_benchmarks,
        settings=_settings(common | _of_run(last.generate)),
        server=Server(**_server(last.generate.server)),
        judge=_judge([stage for plan in plans.values() for stage in plan.judges] or later, known),
        benchmarks={name: _asked(part, _settings(own[name])) for name, part in parts.items()},
    )
    return run, last.generate.server


def _check_one(path: Path, by_name: Mapping[str, Any], trouble: str) -> None:
    """Raise UsageError unless all are equal; by the name of a run or of a benchmark."""
    for name, other in pairwise(by_name):
        if by_name[name] != by_name[other]:
            raise UsageError(
                f"{path}: {name} and {other} {trouble}, so that they are no single command. Name one of its "
                f"runs by number, {path}:N."
            )


def _parts(path: Path, stages: Mapping[str, GenerateStage]) -> dict[str, BenchmarkPlan]:
    """Return each benchmark as it was asked last, with the seeds of all runs that asked it so."""
    found: dict[str, BenchmarkPlan] = {}
    for stage in stages.values():
        for part in stage.benchmarks:
            there = found.get(part.name)
            seeds: Sequence[int | None] = part.seeds
            if there is not None and there.model_copy(update={"seeds": seeds}) == part and None not in there.seeds:
                seeds = sorted({each for each in (*there.seeds, *seeds) if each is not None})
            found[part.name] = part.model_copy(update={"seeds": tuple(seeds)})
    for name, part in found.items():
        if None not in part.seeds and list(part.seeds) != list(range(part.seeds[0], part.seeds[0] + len(part.seeds))):  # type: ignore[arg-type,operator]
            raise UsageError(f"{path}: the seeds of {name} have gaps; name one run by its number, {path}:N.")
    return found


def _asked(part: BenchmarkPlan, settings: AllSettings) -> Asked:
    repeats = 0 if part.seeds == (None,) else len(part.seeds)
    return Asked(repeats=repeats, least=None if part.growth is None else part.growth.least, settings=settings)


def _split(path: Path, parts: Mapping[str, BenchmarkPlan], known: Mapping[str, Benchmark]) -> str | None:
    """Return what --split was: the split of results that lie in the folder of their benchmark's own name."""
    chosen = {name: part.split for name, part in parts.items() if part.split != known[name].splits.default}
    _check_one(path, chosen, "have different splits")
    split = next(iter(chosen.values()), None)
    for name, part in parts.items():
        if split in known[name].splits.named and part.split != split and "." not in name:
            raise UsageError(f"{path}: {name} was asked without --split={split}; name one run by its number, {path}:N.")
    return split


def _given(settings: EvalSettings, benchmark: Benchmark | None) -> _Flat:
    """Return what was set, or is set by default and may have another default tomorrow."""
    inference = settings.inference
    found: _Flat = {
        ("inference", name): getattr(inference, name)
        for name in InferenceSettings.model_fields
        if (name in inference.model_fields_set if name in _ALWAYS_SENT else _says(getattr(inference, name)))
    }
    found |= {
        (name,): getattr(settings, name)
        for name in EvalSettings.model_fields
        if name != "inference" and _says(getattr(settings, name))
    }
    if benchmark is not None and benchmark.calls_tools:
        found = {key: value for key, value in found.items() if key[-1] not in _OF_TOOLS}
    return found


def _says(value: Any) -> bool:
    return value is not None and value != {}


def _is_common(key: tuple[str, ...], value: Any, trees: Mapping[str, _Flat]) -> bool:
    """Whether all benchmarks have this value; those with tools lack some."""
    if key[-1] in _OF_TOOLS:
        return all(tree.get(key, value) == value for tree in trees.values())
    return all(key in tree and tree[key] == value for tree in trees.values())


def _of_run(stage: GenerateStage | JudgeStage) -> _Flat:
    """Return the settings of speed that were set."""
    default = RunSettings().model_dump()
    return {(name,): value for name, value in stage.run.model_dump().items() if value != default[name]}


def _settings(flat: _Flat) -> AllSettings:
    tree: dict[str, Any] = {}
    for (*outer, name), value in flat.items():
        (tree.setdefault(outer[0], {}) if outer else tree)[name] = value
    return AllSettings.model_validate(tree)


def _model(server: ServerPlan) -> str | None:
    return server.named or server.model


def _server(plan: ServerPlan) -> dict[str, Any]:
    return plan.model_dump(include=set(Server.model_fields))


def _judged(stage: JudgeStage) -> dict[str, Any]:
    return stage.model_dump(include={"prompt", "settings"}) | _server(stage.server) | {"model": stage.name}


def _judge(stages: Sequence[JudgeStage], known: Mapping[str, Benchmark]) -> Judge | None:
    """Return who judged first what has a judge of its own; 'none' where nobody did."""
    own = {name: benchmark.judge for name, benchmark in known.items() if benchmark.judge is not None}
    if not own:
        return None
    stage = next((stage for stage in stages if any(part.name in own for part in stage.benchmarks)), None)
    if stage is None:
        return Judge(model=_NO_JUDGE)
    flat = _given(stage.settings, None) | _of_run(stage)
    if stage.prompt not in {judge.prompt for judge in own.values()}:
        flat["prompt_config",] = stage.prompt
    return Judge(model=stage.name, server=Server(**_server(stage.server)), settings=_settings(flat))
