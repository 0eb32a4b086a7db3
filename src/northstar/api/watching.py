"""`status`, `logs` and `cancel`: the commands of these names as functions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.core.text import counted
from northstar.executors.choice import Executors, executor_named
from northstar.results.layout import shown_shard, whole_and_cut, whole_stem

if TYPE_CHECKING:
    from northstar.executors.watching import Watched
    from northstar.jobs.job import JobShard
    from northstar.jobs.watched import WatchedJob
    from northstar.reports.status_table import Status


def status(output_dir: AnyPath, *, executors: Executors = executor_named) -> Status:
    """Return the state of every benchmark and seed, on any machine that sees the folder. Raises NorthstarError.

    >>> northstar.status("out").active  # doctest: +SKIP
    """
    from northstar.executors.watching import status_of

    return status_of(Path(output_dir).expanduser().absolute(), executors)


def logs(output_dir: AnyPath, which: str | None = None, *, executors: Executors = executor_named) -> list[Path]:
    """Return the log files of a job.

    Args:
        output_dir: The output folder.
        which: The job: 'aime24', 'aime24:3', 'aime24/rs3' or a number; None for the last that failed, else that began.
        executors: Returns the executor of a name.

    Raises:
        UsageError: No job has that name.
        NorthstarError: The job has no log.
    """
    from northstar.executors.watching import log_files

    jobs = _meant(_jobs(output_dir, executors).jobs, which, output_dir)
    begun = [job for job in jobs if log_files(job)]
    failed = [job for job in begun if job.state.state == "failed"]
    chosen = (failed or begun or jobs)[-1] if which is None else (begun or jobs)[-1]
    if not (found := log_files(chosen)):
        why = f" ({chosen.state.reason})" if chosen.state.reason else ""
        raise NorthstarError(f"{chosen.job.name} has no log: it is {chosen.state.state}{why}.")
    return found


def cancel(
    output_dir: AnyPath, which: str | None = None, *, whole_job: bool = False, executors: Executors = executor_named
) -> list[str]:
    """Cancel the pending and running jobs of an output folder; return their ids. Finished work is kept.

    Args:
        output_dir: The output folder.
        which: Cancel only the jobs of this name, benchmark or seed, like 'aime24:3'; None for all.
        whole_job: Also cancel jobs that work on other benchmarks or seeds, too.
        executors: Returns the executor of a name.

    Raises:
        UsageError: `which` names no job, or one that works on others too.
        NorthstarError: A record is damaged or Slurm can't be asked; the message says what was cancelled nevertheless.
    """
    folder = Path(output_dir).expanduser().absolute()
    every, notes, silent = _jobs(output_dir, executors)
    jobs = [job for job in _meant(every, which, output_dir) if job.active_ids]
    if which is not None and not whole_job:
        for job in jobs:
            _check_alone(job, which, folder)
    ended = _ended([job for job in jobs if job.executor not in silent], folder, executors)
    if notes:
        done = f"{counted(len(ended), 'job')} cancelled: {' '.join(ended)}." if ended else "Nothing was cancelled."
        raise NorthstarError(" ".join([*notes, done]))
    return ended


def _ended(jobs: Sequence[WatchedJob], output_dir: Path, executors: Executors) -> list[str]:
    """Cancel jobs and return their ids. Raises NorthstarError, cancelling none, if the check of one fails."""
    with ExitStack() as stack:
        try:  # check all before cancelling any
            endings = [
                stack.enter_context(executors(name).cancel([job for job in jobs if job.executor == name], output_dir))
                for name in sorted({job.executor for job in jobs}, reverse=True)
            ]
        except NorthstarError as error:
            raise NorthstarError(f"{error} Nothing was cancelled.") from None
        return [number for end in endings for number in end()]


def _jobs(output_dir: AnyPath, executors: Executors) -> Watched:
    """Return all jobs on record, with notes on states that could not be determined."""
    from northstar.executors.watching import watched_jobs

    watched = watched_jobs(Path(output_dir).expanduser().absolute(), executors)
    if not watched.jobs:
        raise NorthstarError(" ".join([f"no job of {output_dir} is on record.", *watched.notes]))
    return watched


def _meant(jobs: Sequence[WatchedJob], which: str | None, output_dir: AnyPath) -> list[WatchedJob]:
    """Return the jobs that `which` names, all for None. Raises UsageError if it names none."""
    found = [job for job in jobs if which is None or _is_meant(job, which)]
    if not found and which is not None and (growing := [job for job in jobs if _is_of_range(job, which)]):
        raise UsageError(
            f"{which} has not begun: job {' '.join(growing[-1].job.ids) or growing[-1].job.name} adds seeds of "
            f"{_named(which)[0]} until its precision is reached."
        )
    if not found:
        names = sorted({job.job.name for job in jobs} | {part.benchmark for job in jobs for part in job.job.shards})
        raise UsageError(
            f"no job of {output_dir} is '{which}'.{did_you_mean(which or '', names)} There are {', '.join(names[:12])}."
        )
    return found


def _is_meant(job: WatchedJob, which: str) -> bool:
    """Match 'aime24', 'aime24:3', 'aime24/rs3', 'aime24 rs3', a job's name or its number."""
    from northstar.executors.watching import shards_of

    return _is_job(job, which) or any(_is_shard(shard, which) for shard in shards_of(job))


def _is_job(job: WatchedJob, which: str) -> bool:
    return which in (job.job.name, job.name, *job.job.ids)


def _is_shard(shard: JobShard, which: str) -> bool:
    benchmark, seed = _named(which)
    return shard.benchmark == benchmark and (not seed or whole_and_cut(shard.stem)[0] == whole_stem(seed))


def _named(which: str) -> tuple[str, str]:
    """Return the benchmark and the seed that 'aime24:3', 'aime24/rs3' or 'aime24 rs3' names; '' for all seeds."""
    benchmark, _, part = which.replace(":", "/").replace(" ", "/").partition("/")
    return benchmark, part.removeprefix("output-").removeprefix("rs")


def _is_of_range(job: WatchedJob, which: str) -> bool:
    """Whether `which` is a seed of a benchmark to which the job's worker adds seeds until it has enough."""
    benchmark, seed = _named(which)
    return seed.isdecimal() and job.progress is not None and benchmark in job.progress.growth


def _check_alone(job: WatchedJob, which: str, output_dir: Path) -> None:
    """Raise UsageError if cancelling the job would also end shards that `which` does not name."""
    from northstar.executors.watching import unfinished
    from northstar.jobs.remaining import some

    if _is_of_range(job, which) and not _is_job(job, which):
        raise UsageError(
            f"{which} is of a range of seeds, on all of which job {' '.join(job.active_ids)} takes one decision; "
            "--whole_job ends it, and what is done is kept."
        )
    others = [shown_shard(shard.key) for shard in unfinished(output_dir, job) if not _is_shard(shard, which)]
    if others and job.job.shares and not _is_job(job, which):
        raise UsageError(
            f"{which} is no single job's, for several share the run. ns cancel {output_dir} {job.active_ids[0]} ends "
            "one of them, whose rows the others take; --whole_job ends them all."
        )
    if others and not _is_job(job, which):
        raise UsageError(
            f"{which} is in job {' '.join(job.active_ids)} with {some(others)}, which would end with it; --whole_job "
            "ends them all."
        )
