"""Puts a run of this process on record in its output folder, so that it can be watched and ended from elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from northstar.core.credentials import shown_argv
from northstar.engine.counters import RunCounters
from northstar.jobs.job import JobShard, Submission, SubmittedJob, new_submission, now, shown_shards, write_submission
from northstar.jobs.own_process import began, this_process
from northstar.results.layout import judge_folder_name

NAME = "here"


def recorded(output_dir: Path, cluster: str = "local") -> Callable[[RunCounters], Path | None]:
    """Gives the job's folder once the run has something to do; makes it, and the record, the first time.

    Raises NorthstarError or OSError where that fails, once; then there is none.
    """
    made: list[Path | None] = []

    def folder(counters: RunCounters) -> Path | None:
        if not made and (shards := _shards(counters)):
            made.append(None)  # where that fails, it is not tried again: each time would make another submission
            place = (
                record(output_dir, cluster, [local_job(NAME, "eval" if counters.shards else "judge", shards)]) / NAME
            )
            place.mkdir()
            made[0] = place
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
        command=tuple(shown_argv(sys.argv)),
        jobs=tuple(jobs),
    )
    write_submission(folder, submission)
    return folder


def local_job(name: str, kind: str, shards: Sequence[JobShard], after: Sequence[str] = ()) -> SubmittedJob:
    """A job that this process does."""
    return SubmittedJob(
        name=name,
        kind=kind,
        ids=(this_process(),),
        began=began(os.getpid()),
        shards=tuple(shards),
        after=tuple(after),
    )


def _shards(counters: RunCounters) -> tuple[JobShard, ...]:
    """All that the run has to do; none while that isn't known yet."""
    found = list(shown_shards(shard.shard for shard in counters.shards or ()))
    for judge in counters.judging:
        found += shown_shards((shard.shard for shard in judge.shards or ()), judge_folder_name(judge.judge))
    return tuple(found)
