"""Runs plans on this machine while the caller waits: in this process or in containers."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.text import counted
from northstar.engine.preflight.obstacles import find_obstacles, find_obstacles_here
from northstar.engine.preflight.preflight import Ready
from northstar.executors.containers.contained import ENGINES, find_engine
from northstar.executors.containers.container_job import run_in_containers, uses_containers
from northstar.executors.local.local import environment_of
from northstar.executors.local.local_job import NAME, recorded
from northstar.executors.local.run_job import run_job, work_of
from northstar.executors.trying import ran
from northstar.jobs.executor import ExecutorKind, Finding, Polled, Preview, Submitted, Watch, check_runtime
from northstar.jobs.job import Job, RecordedJob
from northstar.jobs.own_process import is_there, own_process
from northstar.jobs.planning import begun_anew
from northstar.jobs.watched import JobState, WatchedJob, state_from_progress
from northstar.progress.progress_file import Progress
from northstar.servers.hosting.devices import gpus_here


@dataclass(frozen=True)
class LocalExecutor:
    """Runs plans in this process, or in containers one after the other. Implements jobs.executor.Executor."""

    cluster: Cluster = field(default_factory=Cluster)
    name: str = "local"
    here: bool = True

    def preview(self, ready: Ready, options: JobOptions) -> Preview:  # noqa: ARG002
        environment = {**os.environ, **self.cluster.environment()}
        if uses_containers(ready.plan, self.cluster):
            return Preview(findings=find_obstacles(begun_anew(ready, {}), environment))
        return Preview(findings=find_obstacles(ready, environment) + asyncio.run(find_obstacles_here(ready)))

    def submit(
        self,
        plan: Plan,
        options: JobOptions,  # noqa: ARG002
        *,
        argv: Sequence[str] = (),  # noqa: ARG002
        watch: Watch | None = None,
    ) -> Submitted:
        with environment_of(self.cluster.environment()):
            if uses_containers(plan, self.cluster):
                return Submitted(counters=run_in_containers(plan, self.cluster, watch))
            folder = recorded(plan.output_dir, self.cluster.name)
            return Submitted(counters=run_job(work_of(Job(name=NAME, plan=plan)), folder, watch, log=True))

    def poll(self, records: Sequence[RecordedJob]) -> Polled:
        return Polled(
            [
                WatchedJob(
                    job, folder, executor, tuple(_state(number, job.began, progress) for number in job.ids), progress
                )
                for job, folder, executor, progress in records
            ]
        )

    @contextmanager
    def cancel(self, jobs: Sequence[WatchedJob], output_dir: Path) -> Iterator[Callable[[], list[str]]]:
        with ExitStack() as stack:
            processes = [
                (number, stack.enter_context(own_process(number, job.job.began, output_dir, job.file)))
                for job in jobs
                for number in job.active_ids
            ]
            yield lambda: [number for number, process in processes if process is not None and process.end()]


def _state(process: str, began: str, progress: Progress | None) -> JobState:
    """Return a job's state. process: 'host:number'. began: its start time from own_process.began."""
    state = state_from_progress(progress)
    host = process.rpartition(":")[0]
    if state.state == "running" and host == socket.gethostname() and not is_there(process, began):
        return JobState("failed", "its process is gone; it did not say why")
    return state


def _of(cluster: Cluster) -> LocalExecutor:
    if cluster.ssh_tunnel is not None:
        raise UsageError(f"{cluster.file}: ssh_tunnel is for executor: slurm.")
    check_runtime(cluster, ENGINES)
    return LocalExecutor(cluster)


def _findings(cluster: Cluster) -> Iterator[Finding]:
    if cluster.gpus_per_node:
        there, how = gpus_here()
        fits = there >= cluster.gpus_per_node
        has = f"this machine has {counted(there, 'GPU')} ({how})"
        yield Finding(fits, has if fits else f"gpus_per_node is {cluster.gpus_per_node}, but {has}")


def _runtime(cluster: Cluster) -> Iterator[Finding]:
    try:
        engine = find_engine(cluster)
    except NorthstarError as error:
        yield Finding(False, str(error))
    else:
        yield ran(f"{engine} answers", [engine, "version"])


EXECUTOR = ExecutorKind(of=_of, findings=_findings, runtime=_runtime)
