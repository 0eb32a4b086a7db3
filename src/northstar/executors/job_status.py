"""What `ns status` says of a folder's last jobs: how far each is, by its progress file, and how a dead one goes on."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

from northstar.core.clock import wall
from northstar.jobs.job import read_submission
from northstar.jobs.own_process import is_there
from northstar.jobs.watched import WatchedJob
from northstar.reports.job_table.job_status import JobStatus
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json

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


def unended_import(output_dir: Path) -> str:
    """Say that the folder's last run is an import which did not end, and what goes on with it; '' if it is not so.

    An import that was killed early has left no job on record.
    """
    runs = read_run_json(output_dir / RUN_JSON).get("runs") or [{}]
    plan, process = runs[-1].get("plan") or {}, f"{runs[-1].get('host')}:{runs[-1].get('process')}"
    if "import" not in plan or "ending" in runs[-1]:
        return ""
    here = process.rpartition(":")[0] == socket.gethostname()
    if here and is_there(process, ""):
        return f"{plan['import']} is being imported."
    command = _shown(runs[-1].get("command") or ()) or "the same ns import command"
    why = "its process is gone" if here else f"it was begun as process {process}"
    return f"the import of {plan['import']} has not ended: {why}. Go on with it: {command}"


def _command(job: WatchedJob) -> str:
    """Return the command line that began the job; '' if it was not begun by one, or nobody knows."""
    submission = read_submission(job.file)
    return "" if submission is None else _shown(submission.command)


def _shown(argv: Sequence[str]) -> str:
    return shlex.join(["ns", *argv[1:]]) if argv and Path(argv[0]).name in _OURS else ""
