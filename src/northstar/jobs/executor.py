"""The contract of an executor: it previews and submits plans, polls its jobs and cancels them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.engine.counters import RunCounters
from northstar.engine.preflight.obstacles import Findings
from northstar.engine.preflight.preflight import Ready
from northstar.jobs.arrangement import Arranged
from northstar.jobs.job import RecordedJob, SubmittedJob
from northstar.jobs.watched import WatchedJob

Watch = Callable[[RunCounters], Coroutine[Any, Any, None]]
"""Shows the progress of a run; cancelled when the run ends."""


@dataclass(frozen=True)
class Submitted:
    """The result of submitting a plan.

    Attributes:
        folder: Folder of the jobs and their scripts; None if nothing was submitted.
        jobs: The submitted jobs; empty if nothing remained to be done.
        notes: What was left out and why, one sentence each.
        counters: Counters of a plan that ran while the caller waited; None if its jobs run later.
    """

    folder: Path | None = None
    jobs: tuple[SubmittedJob, ...] = ()
    notes: tuple[str, ...] = ()
    counters: RunCounters | None = None


@dataclass(frozen=True)
class Preview:
    """What `submit` would submit now.

    Attributes:
        jobs: The jobs, in order.
        header: The scheduler options of the first job.
        notes: What was left out and why, one sentence each.
        findings: What would stop the run there, if this machine can check it.
    """

    jobs: tuple[Arranged, ...] = ()
    header: str = ""
    notes: tuple[str, ...] = ()
    findings: Findings = field(default_factory=Findings)


class Polled(NamedTuple):
    """The states of some jobs.

    Attributes:
        jobs: The jobs asked about, in the same order.
        notes: What is wrong with their records, one sentence each.
        why_not: Why the scheduler could not be asked, a sentence; the states then come from the progress files.
    """

    jobs: Sequence[WatchedJob]
    notes: Sequence[str] = ()
    why_not: str = ""


class Executor(Protocol):
    """Runs plans, in this process or as jobs.

    Attributes:
        name: Its name in cluster configs and job records.
        here: Whether it runs a plan on this machine while the caller waits.
    """

    @property
    def name(self) -> str: ...

    @property
    def here(self) -> bool: ...

    def preview(self, ready: Ready, options: JobOptions) -> Preview:
        """Return what `submit` would submit (no jobs if it runs the plan itself) and what would stop it. Reads only."""

    def submit(
        self, plan: Plan, options: JobOptions, *, argv: Sequence[str] = (), watch: Watch | None = None
    ) -> Submitted:
        """Run or submit the remaining shards of a plan.

        Args:
            plan: The plan to run.
            options: How to split it into jobs, and options for the scheduler.
            argv: The user's command, for the record.
            watch: Shows the progress of a plan that runs while the caller waits.

        Raises:
            NorthstarError: The run or the submission failed; the results and jobs up to then are kept.
        """

    def poll(self, records: Sequence[RecordedJob]) -> Polled:
        """Return the states of these jobs of this executor. Adds the ids of scripts that a user submitted by hand."""

    def cancel(self, jobs: Sequence[WatchedJob], output_dir: Path) -> AbstractContextManager[Callable[[], list[str]]]:
        """Check that these jobs belong to this folder; the context's function then ends them and returns their ids.

        Raises:
            NorthstarError: An id belongs to another job, or the scheduler can't be asked.
        """


Ask = Callable[[str], str]
"""Asks the user a question; returns '' without an answer."""


@dataclass(frozen=True)
class Finding:
    """The result of checking one entry of a cluster config. ok: None if this machine can't check it."""

    ok: bool | None
    text: str


def _nothing(_: Any) -> Iterator[Finding]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class ExecutorKind:
    """Describes an executor: the constant EXECUTOR of the module executors/NAME/executor.py.

    Attributes:
        of: Makes the executor of a cluster. Raises UsageError for a config that doesn't fit.
        questions: Asks the questions of `ns setup`; returns entries of the config.
        findings: Runs the checks of `ns setup --check`.
        runtime: Checks that the container runtime is installed.
    """

    of: Callable[[Cluster], Executor]
    questions: Callable[[Ask], Mapping[str, Any]] = lambda ask: {}  # noqa: ARG005
    findings: Callable[[Cluster], Iterator[Finding]] = _nothing
    runtime: Callable[[Cluster], Iterator[Finding]] = _nothing


def check_runtime(cluster: Cluster, fitting: Sequence[str]) -> None:
    """Raise UsageError if the cluster's executor can't use its container_runtime."""
    if cluster.container_runtime is not None and cluster.container_runtime not in fitting:
        raise UsageError(
            f"{cluster.file}: container_runtime: {cluster.container_runtime} does not go with executor: "
            f"{cluster.executor}; it may be {' or '.join(fitting)}."
        )
