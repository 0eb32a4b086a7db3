"""The shape of an executor: something that takes jobs, knows how they are, and can end them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

State = Literal["pending", "running", "done", "failed", "cancelled", "unknown"]
ACTIVE: tuple[State, ...] = ("pending", "running")


class JobState(NamedTuple):
    """reason: why it waits, or how it ended, in the scheduler's words."""

    state: State
    reason: str = ""

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


class Executor(Protocol):
    """Three verbs over a job folder that a person can read."""

    def submit(self, script: Path, environment: Mapping[str, str]) -> str:
        """Have the script run; returns the job's id. Raises NorthstarError."""

    def poll(self, ids: Collection[str]) -> dict[str, JobState]:
        """How these jobs are, as far as anybody still knows. Raises NorthstarError when nobody can be asked."""

    def cancel(self, ids: Collection[str]) -> None:
        """End them. Those that have ended already are left alone. Raises NorthstarError."""
