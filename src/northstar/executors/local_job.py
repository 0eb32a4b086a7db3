"""Puts a run of this process on record in its output folder, so that it can be watched and ended from elsewhere."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from northstar.credentials import shown_words
from northstar.engine.judged import judge_folder_name
from northstar.engine.stats import RunStats
from northstar.executors.job import (
    JobUnit,
    Submission,
    SubmittedJob,
    new_submission,
    now,
    shown_units,
    write_submission,
)

NAME = "here"


def recorded(output_dir: Path, cluster: str = "local") -> Callable[[RunStats], Path | None]:
    """Gives the job's folder once the run has something to do; makes it, and the record, the first time."""
    made: list[Path] = []

    def folder(stats: RunStats) -> Path | None:
        if not made and (units := _units(stats)):
            job = SubmittedJob(name=NAME, kind="eval" if stats.units else "judge", ids=(this_process(),), units=units)
            place = record(output_dir, cluster, [job]) / NAME
            place.mkdir()
            made.append(place)
        return made[0] if made else None

    return folder


def record(output_dir: Path, cluster: str, jobs: Sequence[SubmittedJob]) -> Path:
    """Note jobs that this process does; returns the folder in which theirs belong. Raises NorthstarError."""
    number, folder = new_submission(output_dir)
    submission = Submission(
        number=number,
        executor="local",
        cluster=cluster,
        submitted=now(),
        command=tuple(shown_words(sys.argv)),
        jobs=tuple(jobs),
    )
    write_submission(folder, submission)
    return folder


def this_process() -> str:
    """'host:process', the id of a job that it does."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _units(stats: RunStats) -> tuple[JobUnit, ...]:
    """All that the run has to do; none while that isn't known yet."""
    found = list(shown_units(unit.unit for unit in stats.units or ()))
    for judge in stats.judging:
        found += shown_units((unit.unit for unit in judge.units or ()), judge_folder_name(judge.judge))
    return tuple(found)
