"""Does a job in this process, whoever decided that it is this one, and keeps its progress where others can read it."""

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
    """The worker of a job that has a plan."""
    from northstar.engine import worker

    assert job.plan is not None
    plan = job.plan
    return lambda counters: worker.do(plan, counters)


def run_job(
    work: Work,
    folder: Callable[[RunCounters], Path | None],
    watch: Watch | None,
    counters: RunCounters | None = None,
    *,
    log: bool = False,
) -> RunCounters:
    """Do the work, show it, and keep its progress where others can read it.

    Args:
        work: The worker.
        folder: Returns the job's folder, or None as long as there is none.
        watch: Shows the run.
        counters: Are counted in, if given, and returned.
        log: Whether what it says is kept in a file, too.

    Raises:
        NorthstarError: The work failed, or was stopped.
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
            run_log.end(counters, f"{ending}: {message}")
        raise
    left = counters.left_open
    message = f"{counted(left, 'sample')} got no answer, or no grade" if left else ""
    file.write(counters, "samples left open" if left else "done", message)
    if run_log is not None:
        run_log.end(counters, message or "done")
    return counters


async def _shown(watch: Watch, counters: RunCounters) -> None:
    with surviving(counters, "The progress of this run was not shown to its end"):
        await watch(counters)
