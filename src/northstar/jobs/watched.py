"""A job on record and its state."""

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
    """The state of a job. reason: why it waits or how it ended, from the scheduler."""

    state: State
    reason: str = ""

    @property
    def active(self) -> bool:
        """Whether it is pending or running."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class WatchedJob:
    """A job on record and its state. states: one per id, in order. executor: the executor's name."""

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
        """The submission that records its ids."""
        return self.folder.parent / SUBMISSION_FILE

    @property
    def active_ids(self) -> tuple[str, ...]:
        return tuple(number for number, state in zip(self.job.ids, self.states, strict=True) if state.active)

    @property
    def state(self) -> JobState:
        """The state of the running copy, else of a pending one, else of the last."""
        for wanted in ("running", "pending"):
            for state in self.states:
                if state.state == wanted:
                    return state
        return self.states[-1] if self.states else JobState("unknown")


def from_progress(record: RecordedJob) -> WatchedJob:
    """Return a job with its state taken from its progress file alone."""
    job, folder, executor, progress = record
    return WatchedJob(job, folder, executor, tuple(state_from_progress(progress) for _ in job.ids), progress)


def state_from_progress(progress: Progress | None) -> JobState:
    """Derive a job's state from its progress file alone."""
    if progress is None:
        return JobState("unknown", "nothing is known of its job")
    if progress.ending is not None:
        states = {"done": JobState("done"), "stopped": JobState("cancelled", progress.error)}
        states["limit reached"] = JobState("cancelled", f"it stopped at a limit: {progress.error}")
        return states.get(progress.ending, JobState("failed", progress.error))
    silent = wall() - progress.updated
    if silent > STALE_SECONDS:
        return JobState("failed", f"its worker was last heard of {duration(silent)} ago")
    return JobState("running")
