"""Runs plans as Slurm jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready
from northstar.executors.slurm import submission
from northstar.executors.slurm.check import findings, runtime_found
from northstar.executors.slurm.slurm import Slurm, is_job_number
from northstar.jobs.executor import Ask, ExecutorKind, Polled, Preview, Submitted, Watch, check_runtime
from northstar.jobs.job import SUBMISSION_FILE, RecordedJob, jobs_folder
from northstar.jobs.watched import JobState, WatchedJob, state_from_progress
from northstar.progress.progress_file import NAME as PROGRESS_FILE


@dataclass(frozen=True)
class SlurmExecutor:
    """Runs plans as Slurm jobs. Implements jobs.executor.Executor. slurm: Slurm's commands."""

    cluster: Cluster
    slurm: Slurm = field(default_factory=Slurm)
    name: str = "slurm"
    here: bool = False

    def preview(self, ready: Ready, options: JobOptions) -> Preview:
        return submission.preview(ready, self.cluster, options, self, self.slurm)

    def submit(
        self,
        plan: Plan,
        options: JobOptions,
        *,
        argv: Sequence[str] = (),
        watch: Watch | None = None,  # noqa: ARG002
    ) -> Submitted:
        return submission.submit(plan, self.cluster, options, self, self.slurm, argv=argv)

    def poll(self, records: Sequence[RecordedJob]) -> Polled:
        completed = [_with_ids(record) for record in records]
        notes = [note for _, note in completed if note]
        numbers = [number for record, _ in completed for number in record.job.ids]
        states: Mapping[str, JobState] | None = {}
        why_not = ""
        try:
            states = self.slurm.poll(numbers) if numbers else {}
        except NorthstarError as error:
            states, why_not = None, str(error)
        return Polled([_watched(record, states) for record, _ in completed], notes, why_not)

    @contextmanager
    def cancel(self, jobs: Sequence[WatchedJob], output_dir: Path) -> Iterator[Callable[[], list[str]]]:
        numbers = self._own(jobs, jobs_folder(output_dir))

        def end() -> list[str]:
            self.slurm.cancel(numbers)
            return numbers

        yield end

    def _own(self, jobs: Sequence[WatchedJob], folder: Path) -> list[str]:
        """Return the ids that Slurm still has. Raises NorthstarError for a job whose script lies elsewhere."""
        wanted = [(job, number) for job in jobs for number in job.active_ids]
        scripts = self.slurm.scripts() if wanted else {}
        found: list[str] = []
        for job, number in wanted:
            if number not in scripts:
                continue
            if not _is_in(scripts[number], folder):
                script = scripts[number] or "not known"
                raise NorthstarError(f"{job.file} names job {number}, whose script lies outside this folder: {script}.")
            found.append(number)
        return found


def _with_ids(record: RecordedJob) -> tuple[RecordedJob, str]:
    """Add the id of a script submitted by hand, once it has begun; also return a note on invalid ids."""
    job, folder, _, progress = record
    ids = tuple(number for number in job.ids if is_job_number(number))
    note = ""
    if len(ids) < len(job.ids):
        wrong = next(number for number in job.ids if not is_job_number(number))
        note = f"{folder.parent / SUBMISSION_FILE} names {wrong[:80]!r}, which is not a Slurm job number."
    number = progress.slurm_job if progress is not None else ""
    if number and not is_job_number(number):
        note = f"{folder / PROGRESS_FILE} names {number[:80]!r}, which is not a Slurm job number."
    elif number and number not in ids:
        ids = (*ids, number)
    return record._replace(job=job.model_copy(update={"ids": ids})), note


def _watched(record: RecordedJob, states: Mapping[str, JobState] | None) -> WatchedJob:
    """Return a job with its states. states: from Slurm; None if it could not be asked: silence then proves nothing."""
    job, folder, executor, progress = record
    own_state = state_from_progress(progress)
    silent = own_state.state == "failed" and progress is not None and progress.ending is None
    unknown = JobState("unknown", own_state.reason) if silent and states is None else own_state
    known = states or {}
    return WatchedJob(job, folder, executor, tuple(known.get(number, unknown) for number in job.ids), progress)


def _is_in(script: str, folder: Path) -> bool:
    """Return whether the script lies in the folder, whose path may differ on the machine that submitted it."""
    path = Path(script)
    if path.exists():
        return path.resolve().is_relative_to(folder.resolve())
    tail = folder.parts[-3:]  # the output folder's name, eval-logs, jobs
    return any(path.parts[start : start + 3] == tail for start in range(len(path.parts)))


def _of(cluster: Cluster) -> SlurmExecutor:
    check_runtime(cluster, ("pyxis", "apptainer"))
    return SlurmExecutor(cluster)


def _questions(ask: Ask) -> dict[str, Any]:
    config: dict[str, Any] = {}
    partitions = ""
    if host := ask("ssh host, if Slurm is not on this machine"):
        config["ssh_tunnel"] = {"host": host, "job_dir": ask("Folder there for Northstar's code")}
    else:
        try:
            partitions = f": {', '.join(Slurm().partitions())}"
        except NorthstarError:
            pass
    config["partition"] = ask(f"Partition{partitions}")
    config["cpu_partition"] = ask("Partition for jobs without GPUs")
    config["account"] = ask("Account")
    if gpus := ask("GPUs of a node"):
        config["gpus_per_node"] = int(gpus) if gpus.isdecimal() else gpus
    config["timeouts"] = ask("Time limit of a job, like 04:00:00")
    return config


EXECUTOR = ExecutorKind(
    of=_of, questions=_questions, findings=lambda cluster: findings(cluster, Slurm()), runtime=runtime_found
)
