"""Does a job in this process, whoever decided that it is this one, and keeps its progress where others can read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import RunCounters
from northstar.executors.local.local import Stopped, Watch, Work, run_here
from northstar.jobs.job import Job
from northstar.models.secrets import without_secrets
from northstar.progress.progress_file import ProgressFile


def work_of(job: Job) -> Work:
    """The worker of a job that has a plan."""
    from northstar.engine import worker

    assert job.plan is not None
    plan = job.plan
    return lambda counters: worker.do(plan, counters)


def run_job(
    work: Work, folder: Callable[[RunCounters], Path | None], watch: Watch | None, counters: RunCounters | None = None
) -> RunCounters:
    """Do the work, show it by `watch`, keep progress.json in `folder` (None: not yet). Raises NorthstarError.

    counters: is counted in, if given, and returned.
    """
    file = ProgressFile(folder)
    counters = counters or RunCounters()

    async def both(counters: RunCounters) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(file.keep(counters))
            if watch is not None:
                group.create_task(_shown(watch, counters))

    try:
        run_here(work, both, counters)
    except BaseException as error:
        ending = "stopped" if isinstance(error, Stopped | KeyboardInterrupt) else "failed"
        said = str(error) if isinstance(error, NorthstarError) else repr(error)
        file.write(counters, ending, without_secrets(said))
        raise
    left = counters.left_open
    said = f"{counted(left, 'sample')} got no answer, or no grade" if left else ""
    file.write(counters, "samples left open" if left else "done", said)
    return counters


async def _shown(watch: Watch, counters: RunCounters) -> None:
    with surviving(counters, "The progress of this run was not shown to its end"):
        await watch(counters)
