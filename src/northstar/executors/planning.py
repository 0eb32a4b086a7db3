"""From a plan to the jobs that do what is left of it: reads the output folder, and sets aside what is done anew."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from northstar.config.jobs import JobOptions
from northstar.config.plan import JudgingPlan, Plan
from northstar.engine.known_lengths import known_lengths
from northstar.engine.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.engine.outputs import done_path
from northstar.engine.registration import check_judges, check_run
from northstar.engine.unit import Unit, benchmark_folder
from northstar.engine.units import lock_units, set_units_aside, units_of
from northstar.engine.worker import make_folders
from northstar.errors import NorthstarError
from northstar.executors.arrangement import Arranged, arrange, arrange_judging
from northstar.executors.left import Active, left_of, left_to_judge, some

ROWS_TO_KNOW = 200
"""Rows of a benchmark that are enough to tell how long one takes."""


def arranged_plan(
    plan: Plan | JudgingPlan, active: Active, options: JobOptions
) -> tuple[list[Arranged], tuple[str, ...]]:
    """The jobs, and what was left out, a sentence each. active: units that jobs have already.

    Raises NorthstarError where the folder holds results that were made otherwise.
    """
    return _judging(plan, active) if isinstance(plan, JudgingPlan) else _evaluating(plan, active, options)


def _evaluating(plan: Plan, active: Active, options: JobOptions) -> tuple[list[Arranged], tuple[str, ...]]:
    with ExitStack() as stack:
        loaded = [load_benchmark(plan, part) for part in plan.benchmarks]
        for part in loaded:
            stack.callback(part.rows.close)
        check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        make_folders(plan.output_dir, (part.name for part in loaded))
        units = {part.name: list(units_of(plan, part)) for part in loaded}
        _check_results(plan, loaded, units, active)
    left = left_of(plan, units, active)
    known = {name: _row_seconds(benchmark_folder(plan.output_dir, name)) for name in units}
    seconds = {name: each for name, each in known.items() if each}
    bare = plan.model_copy(update={"rerun_done": False})  # what is set aside is so by now
    return arrange(bare, left.todo, left.to_judge, options, seconds, active), left.notes


def _judging(plan: JudgingPlan, active: Active) -> tuple[list[Arranged], tuple[str, ...]]:
    check_judges(plan)  # a --rerun_done is the job's to do
    left, notes = left_to_judge(plan, active)
    return arrange_judging(plan, left), notes


def _check_results(
    plan: Plan, loaded: Sequence[LoadedBenchmark], units: Mapping[str, Sequence[Unit]], active: Active
) -> None:
    """Refuse to mix results; with --rerun_done set aside what there is, before any job begins.

    Raises NorthstarError.
    """
    run = check_run(plan, loaded)
    folders = {name: benchmark_folder(plan.output_dir, name) for name in units}
    anew = run.superseded
    if plan.rerun_done and anew is None and not active:
        all_done = all(done_path(folders[name], unit) for name, mine in units.items() for unit in mine)
        anew = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ") if all_done else None  # its jobs got to their end
    if anew is None:
        return
    if active:
        raise NorthstarError(
            f"--rerun_done: jobs still work on {plan.output_dir} ({some(set(active.values()))}); wait for them, or "
            f"end them by ns cancel {plan.output_dir}."
        )
    with ExitStack() as locks:
        for name, mine in units.items():
            lock_units(folders[name], mine, locks, even_done=True)
        for name, mine in units.items():
            set_units_aside(folders[name], mine, locks, anew)
        replace(run, superseded=anew).enter()({"ending": "submitted"})


def _row_seconds(folder: Path) -> float:
    """How long one row of a benchmark's folder takes, by its finished outputs; 0 where there are none."""
    known = [seconds for _, seconds in itertools.islice(known_lengths(folder, most_files=1), ROWS_TO_KNOW)]
    return sum(known) / len(known) if known else 0.0
