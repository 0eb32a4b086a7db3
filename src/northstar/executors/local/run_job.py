"""Runs a job in this process and writes its progress file and log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import RunCounters
from northstar.executors.local.local import Stopped, Work, run_here
from northstar.jobs.executor import Watch
from northstar.jobs.job import Job
from northstar.models.secrets import without_secrets
from northstar.progress.progress_file import ProgressFile
from northstar.progress.run_log import RunLog


def work_of(job: Job) -> Work:
    """Return the work of a job that has a plan."""
    from northstar.engine import worker
    from northstar.engine.limits.spent import spending_of
    from northstar.engine.preflight.models import with_models

    async def work(counters: RunCounters) -> None:
        assert job.plan is not None
        plan = await asyncio.to_thread(with_models, job.plan, counters.notices.append, starts=True)
        if plan.limits is not None:
            counters.spending = await asyncio.to_thread(spending_of, plan.limits, plan.output_dir)
        await worker.do(plan, counters)

    return work


def run_job(
    work: Work,
    folder: Callable[[RunCounters], Path | None],
    watch: Watch | None,
    counters: RunCounters | None = None,
    *,
    log: bool = False,
) -> RunCounters:
    """Run the work, show it, and write its progress file; return the counters.

    Args:
        work: Runs the job's plan.
        folder: Returns the job's folder, or None while there is none.
        watch: Shows the run's progress.
        counters: Counters to update; None makes new ones.
        log: Whether to keep the run's messages in a log file.

    Raises:
        NorthstarError: The work failed or was stopped.
    """
    file, run_log = ProgressFile(folder), RunLog(folder) if log else None
    counters = counters or RunCounters()

    async def beside(counters: RunCounters) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(file.keep(counters))
            if run_log is not None:
                group.create_task(run_log.keep(counters))
            if watch is not None:
                group.create_task(_shown(watch, counters))

    try:
        run_here(work, beside, counters)
    except BaseException as error:
        ending = "stopped" if isinstance(error, Stopped | KeyboardInterrupt) else "failed"
        message = without_secrets(str(error) if isinstance(error, NorthstarError) else repr(error))
        file.write(counters, ending, message)
        if run_log is not None:
            run_log.end(counters, message if message.startswith(ending) else f"{ending}: {message}")
        raise
    left, limited = counters.left_open, counters.limited
    message = limited or (f"{counted(left, 'sample')} got no answer, or no grade" if left else "")
    file.write(counters, "limit reached" if limited else "samples left open" if left else "done", message)
    if run_log is not None:
        run_log.end(counters, message or "done")
    return counters


async def _shown(watch: Watch, counters: RunCounters) -> None:
    with surviving(counters, "The progress of this run was not shown to its end"):
        await watch(counters)
