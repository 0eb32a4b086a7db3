"""What `ns status` says of a folder's last jobs: how far each is, by its progress file, and how a dead one goes on."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from northstar.core.clock import wall
from northstar.jobs.job import read_submission
from northstar.jobs.watched import WatchedJob
from northstar.reports.job_table.job_status import JobStatus

_OURS = ("ns", "__main__.py")
"""Names of the program that was begun, where it was the command line."""


def job_statuses(jobs: Iterable[WatchedJob]) -> list[JobStatus]:
    """Return the status of each job whose worker has said how far it is."""
    found = []
    for job in jobs:
        if job.progress is None or job.progress.facts is None:
            continue
        state = job.state.state
        found.append(
            JobStatus(
                name=job.name,
                state=state,
                facts=job.progress.facts,
                heard=max(0.0, wall() - job.progress.updated),
                waiting=job.progress.waiting if state == "running" else "",
                command=_command(job) if state in ("failed", "cancelled") else "",
            )
        )
    return found


def _command(job: WatchedJob) -> str:
    """Return the command line that began the job; '' if it was not begun by one, or nobody knows."""
    submission = read_submission(job.file)
    argv: Sequence[str] = () if submission is None else submission.command
    return shlex.join(["ns", *argv[1:]]) if argv and Path(argv[0]).name in _OURS else ""
