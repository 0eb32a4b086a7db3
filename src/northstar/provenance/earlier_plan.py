"""Reads the plans that earlier versions wrote into run.json: one server beside the benchmarks, each with its judge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.config.settings import RunSettings
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json

Stored = Mapping[str, Any]


def plan_of_today(plan: Stored) -> Stored:
    """Return a stored plan in the shape of this version's: stages, with the settings of a run apart.

    One that has this shape already, or that only names the job it is in, is returned as it is.
    """
    if "benchmarks" not in plan:
        return plan
    try:
        return _converted(plan)
    except (KeyError, TypeError, IndexError):  # changed by hand: it equals no plan
        return plan


def _converted(plan: Stored) -> Stored:
    kept = {name: plan[name] for name in ("output_dir", "extra_benchmarks", "rerun_done", "job")}
    judges: list[dict[str, Any]] = []
    for part in plan["benchmarks"]:
        if part["judge"] is not None:
            _add(judges, part["judge"], {"name": part["name"], "seeds": part["seeds"]})
    return {**kept, "generate": _generate(plan) if "server" in plan else None, "judges": judges}


def _generate(plan: Stored) -> dict[str, Any]:
    asked = [_parted(part["settings"]) for part in plan["benchmarks"]]
    return {
        **{name: plan[name] for name in ("server", "data_dir", "chunks", "only", "sandbox")},
        "run": asked[0][1],
        "benchmarks": [
            {"name": part["name"], "split": part["split"], "seeds": part["seeds"], "settings": settings}
            for part, (settings, _) in zip(plan["benchmarks"], asked, strict=True)
        ],
    }


def _add(judges: list[dict[str, Any]], judge: Stored, benchmark: dict[str, Any]) -> None:
    """Add a benchmark to the stage of its judge; benchmarks of one judge share a stage."""
    settings, run = _parted(judge["settings"])
    stage = {"server": judge["server"], "prompt": judge["prompt"], "settings": settings, "run": run}
    for other in judges:
        if {**other, "benchmarks": None} == {**stage, "benchmarks": None}:
            other["benchmarks"].append(benchmark)
            return
    judges.append({**stage, "benchmarks": [benchmark]})


def _parted(settings: Stored) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a benchmark, and those of the run."""
    of_run = RunSettings.model_fields
    return (
        {name: value for name, value in settings.items() if name not in of_run},
        {name: value for name, value in settings.items() if name in of_run},
    )


def is_unfinished(output_dir: Path, plan: Mapping[str, Any]) -> bool:
    """Whether a --rerun_done of this plan was begun, and no run of the plan has been completed since."""
    begun = False
    for run in read_run_json(output_dir / RUN_JSON).get("runs", []):
        asked = plan_of_today(run.get("plan") or {})
        if {**asked, "rerun_done": True} == {**plan, "rerun_done": True} and not run.get("put_back"):
            begun = run.get("ending") != "done" and (begun or bool(asked.get("rerun_done")))
    return begun
