"""Submits the remaining shards of a plan to Slurm: as jobs, scripts and ids."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import Argument, JobOptions
from northstar.config.plan import Plan
from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.engine.pooled.joining import is_pooled
from northstar.engine.preflight.obstacles import find_obstacles
from northstar.engine.preflight.preflight import Ready, preflight
from northstar.engine.worker import make_folders
from northstar.executors.local.local import Stopped
from northstar.executors.placement import Placement, check_places, code_folder, place
from northstar.executors.slurm.run_after import jobs_before
from northstar.executors.slurm.slurm import Slurm, plain_name
from northstar.executors.slurm.slurm_job import (
    check_gpus,
    dependency,
    log_pattern,
    runtime_of,
    sbatch_options,
    script_of,
)
from northstar.executors.slurm.slurm_script import sbatch_header
from northstar.jobs.arrangement import Arranged, Sharing
from northstar.jobs.executor import Executor, Preview, Submitted
from northstar.jobs.job import (
    Submission,
    SubmittedJob,
    jobs_folder,
    new_submission,
    next_number,
    now,
    submission_folder,
    write_job,
    write_submission,
)
from northstar.jobs.planning import begun_anew, check_no_key_in_files, plan_jobs
from northstar.jobs.remaining import Active, active_shards
from northstar.provenance.identified import identify_before_jobs

RECORD_SECONDS = 0.5
"""How often to update the record while submitting, in case this process is killed."""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What all jobs of a submission share. waits: ids of other submissions' jobs to wait for."""

    options: JobOptions
    expname: str
    waits: Sequence[str]
    environment: Mapping[str, str]
    slurm: Slurm

    def depends(self, arranged: Arranged, before: Sequence[SubmittedJob]) -> str:
        """Return the job's --dependency. before: the jobs submitted before it."""
        after = [*arranged.after_ids, *(job.ids[-1] for job in before if job.name in arranged.after)]
        return dependency(self.waits, after, any_ending=arranged.after_any)

    def sbatch_options(
        self, arranged: Arranged, cluster: Cluster, folder: Path, depends: str
    ) -> list[tuple[str, Argument]]:
        return sbatch_options(arranged, cluster, folder, self.options, expname=self.expname, depends=depends)


def preview(ready: Ready, cluster: Cluster, options: JobOptions, executor: Executor, slurm: Slurm) -> Preview:
    """Return what `submit` would submit. Writes nothing. Raises NorthstarError as `submit` does."""
    ready = replace(ready, plan=_joining(ready.plan, options))
    plan = ready.plan
    batch, notes = _batch(plan, cluster, options, slurm)
    active, sharing = active_shards(plan, executor)
    ready = begun_anew(ready, _with_shared(active, sharing))
    planned = plan_jobs(ready, active, options, sharing, dry_run=True)
    header = ""
    if planned.jobs:
        first = planned.jobs[0]
        folder = submission_folder(plan.output_dir, next_number(plan.output_dir)) / first.name
        header = sbatch_header(batch.sbatch_options(first, cluster, folder, batch.depends(first, ())))
    findings = find_obstacles(ready, {**os.environ, **batch.environment})
    return Preview(tuple(planned.jobs), header, (*notes, *planned.notes), findings)


def submit(
    plan: Plan,
    cluster: Cluster,
    options: JobOptions,
    executor: Executor,
    slurm: Slurm,
    *,
    argv: Sequence[str] = (),
) -> Submitted:
    """Submit the shards that are neither done nor in a job.

    Args:
        plan: The plan to run.
        cluster: The cluster to submit to.
        options: How to split the plan into jobs, and options for sbatch.
        executor: The executor of the jobs, for the record.
        slurm: Slurm's commands.
        argv: The user's command, for the record.

    Raises:
        NorthstarError: The submission failed; jobs submitted before are on record.
    """
    plan = _joining(plan, options)
    batch, notes = _batch(plan, cluster, options, slurm)
    with ExitStack() as stack:
        make_folders(plan.output_dir, ())
        jobs_folder(plan.output_dir).mkdir(exist_ok=True)
        lock = jobs_folder(plan.output_dir) / ".submit.lock"
        stack.enter_context(locked(lock, str(plan.output_dir), wait=True))
        active, sharing = active_shards(plan, executor)
        ready = begun_anew(preflight(plan, stack, identify_before_jobs), _with_shared(active, sharing))
        found = list(notes)
        find_obstacles(ready, {**os.environ, **batch.environment}).tell(found.append)
        planned = plan_jobs(ready, active, options, sharing)
        notes = (*found, *planned.notes)
        if not planned.jobs:
            return Submitted(None, (), notes)
        jobs: list[SubmittedJob] = []
        try:
            number, folder = new_submission(plan.output_dir)
            record = Submission(
                number=number,
                executor=executor.name,
                cluster=cluster.name,
                submitted=now(),
                expname=batch.expname,
                command=tuple(argv),
            )
            code = code_folder(cluster, plan)
            placed = [(each, place(cluster, folder / each.name, code, plan)) for each in planned.jobs]
            _submit_all(placed, record, folder, batch, jobs)
        except BaseException:
            if not jobs:
                planned.undo()
            raise
        slurm.cancel(sharing.followers)  # those of this submission wait for all that share the work
        return Submitted(folder, tuple(jobs), notes)


def _joining(plan: Plan, options: JobOptions) -> Plan:
    """Return the plan of one further job for a run that jobs share now, or have left; else the same."""
    joins = options.num_jobs == 1 and plan.generate is not None and is_pooled(plan)
    return plan.model_copy(update={"pooled": True}) if joins else plan


def _with_shared(active: Active, sharing: Sharing) -> Active:
    """Return all active jobs, with those that share the plan's work."""
    return {**active, **{number: number for number in sharing.ids}}


def _batch(plan: Plan, cluster: Cluster, options: JobOptions, slurm: Slurm) -> tuple[_Batch, tuple[str, ...]]:
    """Check the plan and collect what its jobs share; also return notes for the user. Raises NorthstarError."""
    check_no_key_in_files(plan.servers)
    for server in plan.servers:
        check_gpus(server, cluster, options)
    check_places(cluster, runtime_of(cluster), plan)
    waits, notes = jobs_before(options.run_after, plan.output_dir, slurm)
    batch = _Batch(
        options=options,
        expname=plain_name(options.expname or plan.output_dir.name),
        waits=waits,
        environment=cluster.environment(),
        slurm=slurm,
    )
    return batch, notes


def _submit_all(
    placed: Sequence[tuple[Arranged, Placement]],
    record: Submission,
    folder: Path,
    batch: _Batch,
    jobs: list[SubmittedJob],
) -> None:
    """Submit the jobs in order, append them to `jobs`, and keep the record up to date. Raises NorthstarError."""
    written = float("-inf")
    try:
        for arranged, placement in placed:
            with undisturbed():
                jobs.append(_submit(arranged, placement, jobs, batch))
            if monotonic() - written > RECORD_SECONDS:
                write_submission(folder, record.model_copy(update={"jobs": tuple(jobs)}))
                written = monotonic()
    except (NorthstarError, KeyboardInterrupt) as error:
        if not jobs:
            raise
        rest = (
            f"{len(jobs)} of {len(placed)} jobs were submitted before that; the same command submits the others, "
            f"ns cancel {folder.parents[2]} ends these."
        )
        if isinstance(error, KeyboardInterrupt):
            raise Stopped(f"stopped by SIGINT: {rest}") from None
        raise NorthstarError(f"{error} {rest}") from None
    finally:
        write_submission(folder, record.model_copy(update={"jobs": tuple(jobs)}))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Delay Ctrl-C until sbatch has returned the job's number; sbatch itself does not receive it."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives Ctrl-C
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # child processes inherit the mask
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _submit(arranged: Arranged, placement: Placement, before: Sequence[SubmittedJob], batch: _Batch) -> SubmittedJob:
    """Write the job's folder; submit the job and its copies, each waiting for the one before."""
    folder = placement.folder
    write_job(folder, placement.placed(arranged.job, arranged.server))
    (folder / "server").mkdir(exist_ok=True)
    if batch.options.log_dir is not None:
        Path(batch.options.log_dir).mkdir(parents=True, exist_ok=True)
    ids: list[str] = []
    for copy in range(1 + (batch.options.dependent_jobs if arranged.shards else 0)):
        depends = dependency((), ids[-1:], any_ending=True) if copy else batch.depends(arranged, before)
        script = folder / ("job.sh" if not copy else f"job-{copy + 1}.sh")
        sbatch = batch.sbatch_options(arranged, placement.cluster, folder, depends)
        script.write_text(script_of(arranged, placement, sbatch, batch.environment).text())
        script.chmod(0o755)
        try:
            ids.append(batch.slurm.submit(script, batch.environment))
        except NorthstarError:
            with suppress(NorthstarError):  # never leave a job without its copies
                batch.slurm.cancel(ids)
            raise
    return SubmittedJob(
        name=arranged.name,
        kind=arranged.job.kind,
        ids=tuple(ids),
        shards=arranged.shards,
        after=arranged.after,
        log=log_pattern(folder, batch.options, batch.expname, arranged.name),
        shares=arranged.shares,
    )
