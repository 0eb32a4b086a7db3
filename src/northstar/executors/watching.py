"""Reports the state of an output folder's jobs, from their progress files and the scheduler. Reads no records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from northstar.config.mounts import missing_mount
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.regular import check_regular
from northstar.core.text import counted
from northstar.executors.choice import Executors, executor_named
from northstar.executors.job_status import job_statuses, unended_import
from northstar.executors.sharing import sharing, sharing_lines, together
from northstar.jobs.executor import Polled
from northstar.jobs.job import JobShard, read_records
from northstar.jobs.watched import WatchedJob, from_progress
from northstar.progress.progress_file import Progress, ShardProgress
from northstar.provenance.older_graders import graded_by_others
from northstar.reports.status_table import ShardStatus, Status
from northstar.results.layout import OutputFile, shown_shard, whole_and_cut
from northstar.results.state import is_done, shard_files


class Watched(NamedTuple):
    """All jobs of a folder, oldest first.

    Attributes:
        jobs: The jobs and their states.
        notes: What could not be determined, one sentence each.
        silent: Names of the executors that could not be asked.
    """

    jobs: list[WatchedJob]
    notes: list[str]
    silent: frozenset[str] = frozenset()


def watched_jobs(output_dir: Path, executors: Executors = executor_named) -> Watched:
    """Return all jobs of a folder and their states. executors: returns the executor of a name."""
    records, notes = read_records(output_dir)
    jobs: dict[Path, WatchedJob] = {}
    silent: set[str] = set()
    for name in dict.fromkeys(record.executor for record in records):
        mine = [record for record in records if record.executor == name]
        try:
            polled = executors(name).poll(mine)
        except UsageError as error:  # of another version, or of a missing plugin
            polled = Polled([from_progress(record) for record in mine], why_not=str(error))
        jobs |= {job.folder: job for job in polled.jobs}
        notes += polled.notes
        if polled.why_not:
            silent.add(name)
            why = f"{name.capitalize()} can't be asked ({polled.why_not})"
            notes.append(f"{why} These states come from the jobs' progress files.")
    return Watched([jobs[record.folder] for record in records], notes, frozenset(silent))


def status_of(output_dir: Path, executors: Executors = executor_named) -> Status:
    """Return the state of every shard, from its last job. Raises NorthstarError if the folder does not exist."""
    if not output_dir.is_dir():
        raise NorthstarError(
            f"there is no folder {output_dir}; it should be the --output_dir of an ns eval.{missing_mount(output_dir)}"
        )
    every, notes, silent = watched_jobs(output_dir, executors)
    jobs = together(output_dir, every)
    by_name = {job.name: job for job in every}
    outputs = dict(shard_files(output_dir))
    last: dict[str, tuple[WatchedJob, JobShard]] = {}
    known: dict[str, ShardProgress] = {}
    cuts: dict[str, str] = {}
    for job in jobs:
        for shard in shards_of(job):
            last[shard.key] = (job, shard)
            whole, cuts[whole] = whole_and_cut(shard.key)
        known |= {} if job.progress is None else job.progress.shards
    last = {key: value for key, value in last.items() if whole_and_cut(key) in cuts.items()}  # drop earlier cuts
    benchmarks = list(dict.fromkeys(shard.benchmark for _, shard in last.values()))
    last = dict(sorted(last.items(), key=lambda item: _order(item[1][1], benchmarks)))
    shards = [_shard_status(job, shard, outputs, known.get(key), by_name) for key, (job, shard) in last.items()]
    covered = {*last, *(whole_and_cut(key)[0] for key in last)}
    for key, file in outputs.items():
        if key not in covered:  # run by an earlier version, or elsewhere
            shards.append(ShardStatus(name=shown_shard(key), state="done" if not file.is_journal else "unknown"))
    newest = [job for job in every if not job.job.shards and job.folder.parent == every[-1].folder.parent]
    shards += [_job_status(job, by_name) for job in newest]
    notes += graded_by_others(output_dir)
    if not jobs or jobs[-1].state.state in ("failed", "cancelled"):
        notes += filter(None, [unended_import(output_dir)])
    mine = [job for job, _ in last.values() if not job.job.shares and not _is_made_up_for(job, outputs)]
    last_jobs = {job.name: job for job in (*mine, *sharing(every))}
    return Status(
        str(output_dir),
        shards,
        (*sharing_lines(output_dir, every), *_growth(jobs), *notes),
        asked=not silent,
        jobs=job_statuses(last_jobs.values()),
    )


def shards_of(job: WatchedJob) -> list[JobShard]:
    """Return the shards that the job was given, and those of seeds that its worker added since."""
    return [*job.job.shards, *_begun_later(job)]


def _begun_later(job: WatchedJob) -> list[JobShard]:
    """Return the shards of seeds that the job's worker added: a range of seeds is as long as it takes."""
    if job.progress is None:
        return []
    known = {shard.key for shard in job.job.shards}
    found: list[JobShard] = []
    for key, progress in job.progress.shards.items():
        benchmark, _, stem = key.partition("/")
        if key not in known and benchmark in job.progress.growth and "/" not in stem:
            found.append(JobShard(benchmark=benchmark, stem=stem, rows=progress.rows))
    return found


def _growth(jobs: Sequence[WatchedJob]) -> list[str]:
    """Say of each range of seeds how well its mean was known to the last job that has one."""
    last = {name: text for job in jobs if job.progress is not None for name, text in job.progress.growth.items()}
    return [f"{name}: {text}." for name, text in last.items()]


def unfinished(output_dir: Path, job: WatchedJob) -> list[JobShard]:
    """Return the job's shards without a finished output."""
    outputs = dict(shard_files(output_dir))
    return [shard for shard in shards_of(job) if not is_done(shard.key, outputs)]


def _is_made_up_for(job: WatchedJob, outputs: Mapping[str, OutputFile]) -> bool:
    """Whether the job ended otherwise than well and all its shards are done since."""
    return job.state.state in ("failed", "cancelled") and all(is_done(shard.key, outputs) for shard in shards_of(job))


def _order(shard: JobShard, benchmarks: Sequence[str]) -> tuple[int, str, list[int]]:
    """Sort key: benchmarks in their first order, generations before judgements, seeds in order."""
    return (
        benchmarks.index(shard.benchmark),
        shard.judge or "",
        [int(number) for number in re.findall(r"\d+", shard.stem)],
    )


def _shard_status(
    job: WatchedJob,
    shard: JobShard,
    outputs: Mapping[str, OutputFile],
    known: ShardProgress | None,
    by_name: Mapping[str, WatchedJob],
) -> ShardStatus:
    name = shown_shard(shard.key)
    if is_done(shard.key, outputs):
        return ShardStatus(name=name, state="done", rows=shard.rows, done=shard.rows, ids=job.job.ids, job=job.name)
    state, progress = job.state, job.progress
    running = state.state == "running" and progress is not None and progress.ending is None
    mine = progress.shards.get(shard.key) if progress is not None else None
    left = shard.rows - mine.generated if mine is not None else 0
    waits = _waits(progress, mine) if running and progress is not None else ""
    return ShardStatus(
        name=name,
        state="pending" if waits else "failed" if state.state == "done" else state.state,
        rows=shard.rows,
        done=known.graded if known is not None else 0,
        speed=mine.speed if running and mine is not None else 0.0,
        seconds_left=_left(progress) if running and left else None,
        ids=job.active_ids or job.job.ids,
        job=job.name,
        note="; ".join(filter(None, [waits, _note(job, by_name)])),
    )


def _left(progress: Progress | None) -> tuple[float, float] | None:
    return None if progress is None or progress.facts is None else progress.facts.left


def _waits(progress: Progress, shard: ShardProgress | None) -> str:
    """Return what a running worker's shard waits for; '' if it is being worked on."""
    if progress.preparing:
        return progress.stage
    return "its turn has not come" if shard is not None and not (shard.asked or shard.generated) else ""


def _job_status(job: WatchedJob, by_name: Mapping[str, WatchedJob]) -> ShardStatus:
    note = "" if job.state.state == "done" else _note(job, by_name)
    return ShardStatus(name=job.job.name, state=job.state.state, ids=job.job.ids, job=job.name, note=note)


def _note(job: WatchedJob, by_name: Mapping[str, WatchedJob]) -> str:
    """Say why a job waits or how it failed; prefers the worker's error, then a failed job it waited for."""
    state, progress = job.state, job.progress
    if state.state == "pending":
        waits = state.reason == "Dependency" and job.job.after
        if waits:
            return f"waits for {', '.join(job.job.after[:4])}"
        return f"waits for {job.executor.capitalize()}" + (f": {state.reason}" if state.reason else "")
    if state.state == "running":
        return "" if progress is None else _troubles(progress)
    if progress is not None and progress.error:
        return progress.error
    failed = [
        name for name in job.job.after if (other := by_name.get(f"{job.folder.parent.name}/{name}")) and _failed(other)
    ]
    if failed and progress is None:
        return f"did not run: it waited for {', '.join(failed[:4])}, which failed"
    if "DependencyNeverSatisfied" in state.reason:
        return "did not run: a job that it waited for failed"
    last_line = _last_line(job)
    return (
        "; ".join(filter(None, [state.reason, f"its log ends: {last_line}" if last_line else ""]))
        or "it did not say why"
    )


def _troubles(progress: Progress) -> str:
    """Say what holds up a running worker; '' if nothing does."""
    retried = f"{counted(progress.retries, 'retry', 'retries')} ({progress.last_failure})" if progress.retries else ""
    return "; ".join(filter(None, [progress.notice, progress.waiting, retried]))


def _failed(job: WatchedJob) -> bool:
    return job.state.state in ("failed", "cancelled")


def log_files(job: WatchedJob) -> list[Path]:
    """Return the job's existing logs: of the Slurm job, the server's step and the servers."""
    slurm = [_slurm_log(job, number) for number in job.job.ids] if job.job.log else []
    own = sorted(file for file in job.folder.glob("*.log") if file not in slurm) if job.folder.is_dir() else []
    return [file for file in (*slurm, job.folder / "server" / "step.log", *own) if file.exists()]


def _slurm_log(job: WatchedJob, number: str) -> Path:
    """Fill in log_pattern() for one of the job's ids."""
    return Path(re.sub("%([%j])", lambda found: number if found[1] == "j" else "%", job.job.log))


def _last_line(job: WatchedJob) -> str:
    """Return the last line of the job's log at the scheduler."""
    for number in reversed(job.job.ids if job.job.log else ()):
        file = _slurm_log(job, number)
        try:
            check_regular(file)
            with file.open("rb") as log:
                log.seek(max(0, file.stat().st_size - 4096))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except (OSError, NorthstarError):
            continue
        if lines:
            return lines[-1].strip()[:300]
    return ""
