"""Records a local run in its output folder, so that `ns status` and `ns cancel` find it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from northstar.core.credentials import shown_argv
from northstar.engine.counters import RunCounters
from northstar.jobs.job import JobShard, Submission, SubmittedJob, new_submission, now, shown_shards, write_submission
from northstar.jobs.own_process import began, this_process
from northstar.pool.parts import PartJournal
from northstar.results.layout import judge_folder_name

NAME = "here"


def recorded(output_dir: Path, cluster: str = "local", kind: str = "") -> Callable[[RunCounters], Path | None]:
    """Return a function that records the run on first use and returns the job's folder; None until the run has shards.

    The function raises NorthstarError or OSError once if recording fails, and returns None afterwards. `kind`: the
    command, if it is neither `eval` nor `judge`.
    """
    made: list[Path | None] = []

    def folder(counters: RunCounters) -> Path | None:
        if not made and (shards := _shards(counters)):
            made.append(None)  # no retry on failure: each try would make another submission
            job = local_job(NAME, kind or ("eval" if counters.shards else "judge"), shards)
            shares = any(isinstance(shard.journal, PartJournal) for shard in counters.shards or ())
            place = record(output_dir, cluster, [job.model_copy(update={"shares": shares})]) / NAME
            place.mkdir()
            made[0] = place
        return made[0] if made else None

    return folder


def record(output_dir: Path, cluster: str, jobs: Sequence[SubmittedJob]) -> Path:
    """Record jobs that this process runs; return the submission's folder. Raises NorthstarError."""
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
    """Return the record of a job that this process runs."""
    return SubmittedJob(
        name=name,
        kind=kind,
        ids=(this_process(),),
        began=began(os.getpid()),
        shards=tuple(shards),
        after=tuple(after),
    )


def _shards(counters: RunCounters) -> tuple[JobShard, ...]:
    """Return all shards of the run; none while they are not known yet."""
    found = list(shown_shards(shard.shard for shard in counters.shards or ()))
    for judge in counters.judging:
        found += shown_shards((shard.shard for shard in judge.shards or ()), judge_folder_name(judge.judge))
    return tuple(found)
