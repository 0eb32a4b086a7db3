"""The shape of an executor: something that does plans, knows how its jobs are, and can end them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.engine.counters import RunCounters
from northstar.engine.preflight.preflight import Ready
from northstar.jobs.arrangement import Arranged
from northstar.jobs.job import RecordedJob, SubmittedJob
from northstar.jobs.watched import WatchedJob

Watch = Callable[[RunCounters], Coroutine[Any, Any, None]]
"""Shows a run while it goes on; cancelled when it ends."""


@dataclass(frozen=True)
class Submitted:
    """What became of a plan.

    Attributes:
        folder: Where the jobs and their scripts lie; None where nothing was submitted.
        jobs: What was submitted; none where nothing was left to do.
        notes: What was left out, and why, a sentence each.
        counters: Of a plan that was done while the caller waited; None: its jobs run at their own time.
    """

    folder: Path | None = None
    jobs: tuple[SubmittedJob, ...] = ()
    notes: tuple[str, ...] = ()
    counters: RunCounters | None = None


@dataclass(frozen=True)
class Preview:
    """What would be submitted now.

    Attributes:
        jobs: The jobs, in order.
        header: What the scheduler would be told of the first.
        notes: As of Submitted.
    """

    jobs: tuple[Arranged, ...] = ()
    header: str = ""
    notes: tuple[str, ...] = ()


class Polled(NamedTuple):
    """How some jobs are.

    Attributes:
        jobs: Those that were asked about, in their order.
        notes: What is wrong with their records, a sentence each.
        why_not: Why whoever knows could not be asked, a sentence; the jobs are then as they say themselves.
    """

    jobs: Sequence[WatchedJob]
    notes: Sequence[str] = ()
    why_not: str = ""


class Executor(Protocol):
    """Does plans, in this process or by jobs of its own.

    Attributes:
        name: As cluster configs and the records of jobs call it.
        here: Whether it does a plan on this machine while the caller waits.
    """

    @property
    def name(self) -> str: ...

    @property
    def here(self) -> bool: ...

    def preview(self, ready: Ready, options: JobOptions) -> Preview | None:
        """What `submit` would submit; None where it submits nothing and does the plan itself. Writes nothing."""

    def submit(
        self, plan: Plan, options: JobOptions, *, argv: Sequence[str] = (), watch: Watch | None = None
    ) -> Submitted:
        """Have what is left of the plan done.

        Args:
            plan: What is wanted.
            options: How it is cut into jobs, and what a scheduler is told.
            argv: The command that asked for it, for the record.
            watch: Shows a plan that is done while the caller waits.

        Raises:
            NorthstarError: It could not be done, or submitted; what was done or submitted before that is on record.
        """

    def poll(self, records: Sequence[RecordedJob]) -> Polled:
        """How these jobs, all its own, are. Their ids are completed by those of scripts submitted by hand."""

    def cancel(self, jobs: Sequence[WatchedJob], output_dir: Path) -> AbstractContextManager[Callable[[], list[str]]]:
        """Make sure that these jobs' ids are of this folder; within the context the function ends them.

        The function returns the ids that it ended. Raises NorthstarError for an id that is another's, and when nobody
        can be asked.
        """


Ask = Callable[[str], str]
"""Puts a question to the user; '' where there is no answer."""


@dataclass(frozen=True)
class Finding:
    """One thing that a cluster config says, tried. ok: True or False, or None where it can't be told from here."""

    ok: bool | None
    text: str


def _nothing(_: Any) -> Iterator[Finding]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class ExecutorKind:
    """What the module executors/NAME/executor.py says of its executor, as EXECUTOR.

    Attributes:
        of: Makes it for a cluster. Raises UsageError for a config that doesn't fit.
        questions: What `ns setup` asks for its config; returns keys of the config.
        findings: What `ns setup --check` tries.
        runtime: Whether what runs its containers is there.
    """

    of: Callable[[Cluster], Executor]
    questions: Callable[[Ask], Mapping[str, Any]] = lambda ask: {}  # noqa: ARG005
    findings: Callable[[Cluster], Iterator[Finding]] = _nothing
    runtime: Callable[[Cluster], Iterator[Finding]] = _nothing


def check_runtime(cluster: Cluster, fitting: Sequence[str]) -> None:
    """Raises UsageError for a container_runtime that the cluster's executor can't use."""
    if cluster.container_runtime is not None and cluster.container_runtime not in fitting:
        raise UsageError(
            f"{cluster.file}: container_runtime: {cluster.container_runtime} does not go with executor: "
            f"{cluster.executor}; it may be {' or '.join(fitting)}."
        )
