"""A job on record and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from northstar.core.clock import wall
from northstar.core.text import duration
from northstar.jobs.job import SUBMISSION_FILE, RecordedJob, SubmittedJob
from northstar.progress.progress_file import STALE_SECONDS, Progress

State = Literal["pending", "running", "done", "failed", "cancelled", "unknown"]
ACTIVE: tuple[State, ...] = ("pending", "running")


class JobState(NamedTuple):
    """How a job is. reason: why it waits, or how it ended, in the scheduler's words."""

    state: State
    reason: str = ""

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class WatchedJob:
    """A job on record. states: of its ids, in order. folder: the job's; executor: the name of the one that has it."""

    job: SubmittedJob
    folder: Path
    executor: str
    states: tuple[JobState, ...]
    progress: Progress | None

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.job.name}"

    @property
    def file(self) -> Path:
        """The one that names its ids."""
        return self.folder.parent / SUBMISSION_FILE

    @property
    def active_ids(self) -> tuple[str, ...]:
        return tuple(number for number, state in zip(self.job.ids, self.states, strict=True) if state.active)

    @property
    def state(self) -> JobState:
        """That of the copy that runs, else of one that waits, else of the last."""
        for wanted in ("running", "pending"):
            for state in self.states:
                if state.state == wanted:
                    return state
        return self.states[-1] if self.states else JobState("unknown")


def by_itself(record: RecordedJob) -> WatchedJob:
    """A job of which nobody else knows, as its worker says."""
    job, folder, executor, progress = record
    return WatchedJob(job, folder, executor, tuple(told_by_itself(progress) for _ in job.ids), progress)


def told_by_itself(progress: Progress | None) -> JobState:
    """What a worker's own words say, where nobody else knows."""
    if progress is None:
        return JobState("unknown", "nothing is known of its job")
    if progress.ending is not None:
        states = {"done": JobState("done"), "stopped": JobState("cancelled", progress.error)}
        return states.get(progress.ending, JobState("failed", progress.error))
    silent = wall() - progress.updated
    if silent > STALE_SECONDS:
        return JobState("failed", f"its worker was last heard of {duration(silent)} ago")
    return JobState("running")
