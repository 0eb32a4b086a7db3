"""Submits a plan to a cluster: what is done or under way is left out, the rest becomes jobs, scripts and ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.config.jobs import JobOptions
from northstar.config.plan import JudgingPlan, Plan
from northstar.engine.loading import check_eval_config, load_benchmark
from northstar.engine.lock import locked
from northstar.engine.unit import benchmark_folder, logs_folder
from northstar.engine.units import units_of
from northstar.engine.worker import make_folders
from northstar.errors import NorthstarError
from northstar.executors.arrangement import Arranged, arrange, arrange_judging
from northstar.executors.job import (
    Submission,
    SubmittedJob,
    jobs_folder,
    new_submission,
    now,
    write_job,
    write_submission,
)
from northstar.executors.left import (
    Active,
    active_units,
    check_judging,
    check_results,
    left_of,
    left_to_judge,
    row_seconds,
)
from northstar.executors.placement import Placement, code_folder, place
from northstar.executors.slurm import Slurm
from northstar.executors.slurm_job import check_gpus, dependency, log_pattern, script_of


@dataclass(frozen=True)
class Submitted:
    """What came of it; no jobs where nothing was left to do. notes: what was left out, and why, a sentence each."""

    folder: Path | None
    jobs: tuple[SubmittedJob, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What all jobs of a submission have in common. waits: ids of jobs elsewhere that they wait for."""

    options: JobOptions
    expname: str
    waits: Sequence[str]
    environment: Mapping[str, str]
    slurm: Slurm


def submit(
    plan: Plan | JudgingPlan, cluster: Cluster, options: JobOptions, *, command: Sequence[str] = ()
) -> Submitted:
    """Submit what isn't done or under way. command: the words that asked for it, for the record.

    Raises NorthstarError; what was submitted before that is on record.
    """
    slurm = Slurm()
    waits = {name: [name] if name.isdecimal() else slurm.jobs_of(name) for name in options.run_after}
    notes = tuple(f"--run_after={name}: no job of that experiment waits or runs." for name in waits if not waits[name])
    batch = _Batch(
        options=options,
        expname=options.expname or plan.output_dir.name,
        waits=[number for numbers in waits.values() for number in numbers],
        environment=cluster.environment(),
        slurm=slurm,
    )
    with ExitStack() as stack:
        make_folders(plan.output_dir, ())
        jobs_folder(plan.output_dir).mkdir(exist_ok=True)
        lock = jobs_folder(plan.output_dir) / ".submit.lock"
        stack.enter_context(locked(lock, str(plan.output_dir), wait=True))
        active = active_units(plan.output_dir, slurm)
        if isinstance(plan, JudgingPlan):
            arranged, left_out = _judging(plan, active)
        else:
            arranged, left_out = _evaluating(plan, active, options)
        notes = (*notes, *left_out)
        if not arranged:
            return Submitted(None, (), notes)
        for each in arranged:
            check_gpus(each.server, cluster)
        number, folder = new_submission(plan.output_dir)
        code = code_folder(cluster, logs_folder(plan.output_dir))
        record = Submission(
            number=number,
            executor="slurm",
            cluster=cluster.name,
            submitted=now(),
            expname=batch.expname,
            command=tuple(command),
        )
        jobs: list[SubmittedJob] = []
        try:
            for each in arranged:
                jobs.append(_submit(each, place(cluster, folder / each.name, code, plan), jobs, batch))
        except NorthstarError as error:
            raise NorthstarError(
                f"{error} {len(jobs)} of {len(arranged)} jobs were submitted before that; the same command submits the "
                f"others, ns cancel {plan.output_dir} ends these."
            ) from None
        finally:
            write_submission(folder, record.model_copy(update={"jobs": tuple(jobs)}))
        return Submitted(folder, tuple(jobs), notes)


def _evaluating(plan: Plan, active: Active, options: JobOptions) -> tuple[list[Arranged], tuple[str, ...]]:
    with ExitStack() as stack:
        loaded = [load_benchmark(plan, part) for part in plan.benchmarks]
        for part in loaded:
            stack.callback(part.rows.close)
        check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        make_folders(plan.output_dir, (part.name for part in loaded))
        units = {part.name: list(units_of(plan, part)) for part in loaded}
        check_results(plan, loaded, units, active)
    left = left_of(plan, units, active)
    known = {name: row_seconds(benchmark_folder(plan.output_dir, name)) for name in units}
    seconds = {name: each for name, each in known.items() if each}
    bare = plan.model_copy(update={"rerun_done": False})  # what is set aside is so by now
    return arrange(bare, left.todo, left.to_judge, options, seconds, active), left.notes


def _judging(plan: JudgingPlan, active: Active) -> tuple[list[Arranged], tuple[str, ...]]:
    check_judging(plan)
    left, notes = left_to_judge(plan, active)
    return arrange_judging(plan, left), notes


def _submit(arranged: Arranged, placement: Placement, before: Sequence[SubmittedJob], batch: _Batch) -> SubmittedJob:
    """Write the job's folder, and submit it and its copies, each of which waits for the one before."""
    folder = placement.folder
    write_job(folder, placement.placed(arranged.job, arranged.server))
    (folder / "server").mkdir(exist_ok=True)
    if batch.options.log_dir is not None:
        batch.options.log_dir.mkdir(parents=True, exist_ok=True)
    after = [*arranged.after_ids, *(job.ids[-1] for job in before if job.name in arranged.after)]
    ids: list[str] = []
    for copy in range(1 + (batch.options.dependent_jobs if arranged.units else 0)):
        depends = dependency(batch.waits, after, any_ending=arranged.after_any)
        if copy:
            depends = dependency((), ids[-1:], any_ending=True)
        script = folder / ("job.sh" if not copy else f"job-{copy + 1}.sh")
        parts = script_of(
            arranged, placement, batch.options, expname=batch.expname, depends=depends, environment=batch.environment
        )
        script.write_text(parts.text())
        script.chmod(0o755)
        ids.append(batch.slurm.submit(script, batch.environment))
    return SubmittedJob(
        name=arranged.name,
        kind=arranged.job.kind,
        ids=tuple(ids),
        units=arranged.units,
        after=arranged.after,
        log=log_pattern(placement, batch.options, batch.expname, arranged.name),
    )
