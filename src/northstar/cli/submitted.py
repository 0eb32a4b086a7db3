"""What `ns eval` and `ns judge` print when jobs were submitted in place of a run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from northstar.config.options.option import given_options
from northstar.core.text import counted, printable

if TYPE_CHECKING:
    from northstar.config.cluster import Cluster
    from northstar.config.options.cluster import ClusterOptions
    from northstar.config.options.jobs import JobOptions
    from northstar.config.plan import Plan
    from northstar.core.paths import AnyPath
    from northstar.engine.preflight.preflight import Ready
    from northstar.executors.submission import Preview, Submitted

MOST_SHOWN = 20


def print_submission(plan: Plan, cluster: Cluster, jobs: JobOptions, where: Sequence[str]) -> None:
    """Submit the plan and print the jobs, a line each, and how to watch them. where: the words for `ns status`."""
    from northstar.api.submitting import submit_plan

    submitted = submit_plan(plan, cluster, jobs)
    if not _has_jobs(submitted):
        return
    _print_jobs([(" ".join(job.ids), job.name, job.after) for job in submitted.jobs])
    print(f"{counted(len(submitted.jobs), 'job')} submitted to {cluster.name}; the scripts lie in {submitted.folder}")
    print(f"Watch them: ns status {shlex.join(where)}")


def print_preview(ready: Ready, cluster: Cluster, jobs: JobOptions) -> None:
    """The jobs that would be submitted, a line each, and what Slurm would be told of the first."""
    from northstar.api.submitting import preview_plan

    preview = preview_plan(ready, cluster, jobs)
    if not _has_jobs(preview):
        return
    samples = [sum(shard.rows for shard in job.shards) for job in preview.jobs]
    _print_jobs(
        [(counted(n, "sample") if n else "", job.name, job.after) for n, job in zip(samples, preview.jobs, strict=True)]
    )
    copies = f", all but the summary {jobs.dependent_jobs + 1} times" if jobs.dependent_jobs else ""
    many = counted(len(preview.jobs), "job")
    print(f"{many} would be submitted to {cluster.name}{copies}; {preview.jobs[0].name} begins with")
    print(printable(preview.header))


def _has_jobs(found: Submitted | Preview) -> bool:
    """Whether there are any; else that is said. The notes are, in either case."""
    for note in found.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    if not found.jobs:
        print("Nothing to submit.")
    return bool(found.jobs)


def _print_jobs(jobs: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Each with what stands before it, its name, and the names of jobs that it waits for."""
    for before, name, after in jobs[:MOST_SHOWN]:
        waits = f", after {', '.join(after[:3])}{' …' if len(after) > 3 else ''}" if after else ""
        print(f"{before:>12}  {name}{waits}")
    if len(jobs) > MOST_SHOWN:
        print(f"{'…':>12}  and {len(jobs) - MOST_SHOWN} more")


def watch_words(output_dir: AnyPath, where: ClusterOptions) -> list[str]:
    """The folder as it was typed, so that they are right from a laptop as well."""
    from northstar.config.cluster import TYPED_CONFIG_DIR

    typed = where.config_dir or os.environ.get(TYPED_CONFIG_DIR)
    config = [f"--config_dir={typed}"] if typed else []
    return [str(output_dir), f"--cluster={where.cluster}", *config]


def check_jobs(jobs: JobOptions) -> None:
    """Raises UsageError, also where they mean nothing, or nothing is run."""
    from northstar.config.options.jobs import read_job_options

    read_job_options(jobs)


def note_unused(jobs: JobOptions) -> None:
    """Say which mean nothing on this machine."""
    given = [f"--{name}={value}" for name, value in given_options(jobs).items() if (name, value) != ("num_jobs", 1)]
    if given:
        verb = "is" if len(given) == 1 else "are"
        print(f"note: {', '.join(given)} {verb} for clusters; here all is one job with one queue.", file=sys.stderr)
