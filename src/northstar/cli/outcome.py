"""What `ns eval` and `ns judge` end in: tables, or jobs that were submitted."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from northstar.config.options.option import given_options
from northstar.core.errors import NorthstarError
from northstar.core.streams import OutputLost
from northstar.core.text import counted, printable

if TYPE_CHECKING:
    from northstar.api.running import Evaluation
    from northstar.config.cluster import Cluster
    from northstar.config.options.cluster import ClusterOptions
    from northstar.config.options.jobs import JobOptions
    from northstar.config.plan import Plan
    from northstar.core.paths import AnyPath
    from northstar.engine.preflight.preflight import Ready
    from northstar.jobs.executor import Preview, Submitted

MOST_SHOWN = 20


def run_or_submit(plan: Plan, cluster: Cluster, jobs: JobOptions, where: Sequence[str]) -> None:
    """Do a plan and print its tables; on a cluster that runs jobs, submit it and print these.

    where: the arguments of `ns status` for it.
    """
    from northstar.api.running import run_plan
    from northstar.executors.choice import executor_of
    from northstar.progress.progress import watch

    executor = executor_of(cluster)
    if executor.here:
        print_tables(lambda: run_plan(plan, watch, executor))
    else:
        _print_submission(plan, cluster, jobs, where)


def _print_submission(plan: Plan, cluster: Cluster, jobs: JobOptions, where: Sequence[str]) -> None:
    """The jobs, a line each, and how to watch them."""
    from northstar.api.submitting import submit_plan

    submitted = submit_plan(plan, cluster, jobs)
    if not _has_jobs(submitted):
        return
    _print_jobs([(" ".join(job.ids), job.name, job.after) for job in submitted.jobs])
    print(f"{counted(len(submitted.jobs), 'job')} submitted to {cluster.name}; the scripts lie in {submitted.folder}")
    print(f"Watch them: ns status {shlex.join(where)}")


def print_preview(ready: Ready, cluster: Cluster, jobs: JobOptions) -> None:
    """The jobs that would be submitted, if any are, a line each, and what the scheduler would be told of the first."""
    from northstar.api.submitting import host_paths
    from northstar.executors.choice import executor_of

    preview = executor_of(cluster).preview(ready, host_paths(cluster, jobs))
    if preview is None:
        return
    if _has_jobs(preview):
        samples = [sum(shard.rows for shard in job.shards) for job in preview.jobs]
        _print_jobs(
            [
                (counted(n, "sample") if n else "", job.name, job.after)
                for n, job in zip(samples, preview.jobs, strict=True)
            ]
        )
        copies = f", all but the summary {jobs.dependent_jobs + 1} times" if jobs.dependent_jobs else ""
        many = counted(len(preview.jobs), "job")
        print(f"{many} would be submitted to {cluster.name}{copies}; {preview.jobs[0].name} begins with")
        print(printable(preview.header))
    print()


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


def watch_argv(output_dir: AnyPath, where: ClusterOptions) -> list[str]:
    """The arguments of `ns status`; the folder as it was typed, so that they are right from a laptop as well."""
    from northstar.config.cluster import TYPED_CONFIG_DIR

    typed = where.config_dir or os.environ.get(TYPED_CONFIG_DIR)
    config = [f"--config_dir={typed}"] if typed else []
    return [str(output_dir), f"--cluster={where.cluster}", *config]


def check_jobs(jobs: JobOptions, cluster: Cluster) -> None:
    """Raises UsageError for options that can't be; says which mean nothing on this machine."""
    from northstar.config.options.jobs import read_job_options
    from northstar.executors.choice import executor_of

    read_job_options(jobs)
    given = [f"--{name}={value}" for name, value in given_options(jobs).items() if (name, value) != ("num_jobs", 1)]
    if given and executor_of(cluster).here:
        verb = "is" if len(given) == 1 else "are"
        print(f"note: {', '.join(given)} {verb} for clusters; here all is one job with one queue.", file=sys.stderr)


def print_tables(run: Callable[[], Evaluation]) -> None:
    """Run, and print the tables on stdout, what they cost and lack on stderr; also when samples were left open."""
    from northstar.api.running import SamplesLeftOpen

    try:
        evaluation = run()
    except SamplesLeftOpen as left:
        try:
            show(left.evaluation)
        except NorthstarError as failure:
            raise NorthstarError(f"{left} {failure}") from None
        raise
    show(evaluation)


def show(evaluation: Evaluation) -> None:
    """Raises OutputLost, or NorthstarError where the summary failed, once all else is said."""
    summary = evaluation.summary
    lost: OutputLost | None = None
    if text := summary.text():
        try:
            print(printable(text), flush=True)
        except OutputLost as error:
            lost = error
    for line in summary.usage():
        print(f"tokens: {line}", file=sys.stderr)
    for note in (*summary.notes, *evaluation.counters.lost):
        print(f"note: {printable(note)}", file=sys.stderr)
    if lost is not None:
        kept = f"print the table (it is kept: ns summarize_results {shlex.quote(str(evaluation.output_dir))})"
        lost = OutputLost(kept, lost.why)
    if summary.failures:
        raise NorthstarError(" ".join([*summary.failures, *([str(lost)] if lost is not None else [])]))
    if lost is not None:
        raise lost
