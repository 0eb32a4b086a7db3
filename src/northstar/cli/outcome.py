"""Ends `ns eval` and `ns judge`: prints tables or submitted jobs."""

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
    from northstar.config.options.evaluation import EvalOptions
    from northstar.config.options.jobs import JobOptions
    from northstar.config.plan import Plan
    from northstar.core.paths import AnyPath
    from northstar.engine.preflight.preflight import Ready
    from northstar.jobs.executor import Preview, Submitted
    from northstar.recipes.reading import Chosen
    from northstar.recipes.recipe import Run

MOST_SHOWN = 20


def run_or_submit(plan: Plan, cluster: Cluster, jobs: JobOptions, where: Sequence[str]) -> None:
    """Run a plan and print its tables; on a cluster with a queue, submit it and print its jobs.

    Args:
        plan: The plan to run.
        cluster: Where to run it.
        jobs: How to split it into jobs.
        where: The arguments of `ns status` for it.
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
    """Submit the plan and print its jobs, one per line, and how to watch them."""
    from northstar.api.submitting import submit_plan

    submitted = submit_plan(plan, cluster, jobs)
    if not _has_jobs(submitted):
        return
    _print_jobs([(" ".join(job.ids), job.name, job.after) for job in submitted.jobs])
    print(f"{counted(len(submitted.jobs), 'job')} submitted to {cluster.name}; the scripts lie in {submitted.folder}")
    print(f"Watch them: ns status {shlex.join(where)}")


def print_preview(preview: Preview, cluster: Cluster, jobs: JobOptions) -> None:
    """Print the jobs that would be submitted, one per line, and the scheduler options of the first."""
    from northstar.executors.choice import executor_of

    if executor_of(cluster).here:  # submits nothing
        return
    if _has_jobs(preview):
        samples = [sum(shard.rows for shard in job.shards) for job in preview.jobs]
        _print_jobs(
            [
                (f"{'of ' if job.shares else ''}{counted(n, 'sample')}" if n else "", job.name, job.after)
                for n, job in zip(samples, preview.jobs, strict=True)
            ]
        )
        copies = f", all but the summary {jobs.dependent_jobs + 1} times" if jobs.dependent_jobs else ""
        many = counted(len(preview.jobs), "job")
        print(f"{many} would be submitted to {cluster.name}{copies}; {preview.jobs[0].name} begins with")
        print(printable(preview.header))
    print()


def cost_of_jobs(ready: Ready, preview: Preview, options: EvalOptions, run: Run | None) -> str:
    """Return what the previewed jobs are expected to cost; '' where no server of the model's is started in a job.

    Args:
        ready: The plan after preflight.
        preview: Its jobs.
        options: How many jobs share the work, and how fast a server is.
        run: Of the recipe that it follows.
    """
    from northstar.costs.expected import expected_bill

    mine = sum(job.job.kind == "eval" and job.server is not None for job in preview.jobs)
    if not mine or ready.generate.server.gpus == 0:
        return ""
    asked = options.jobs.num_jobs
    jobs = mine if asked is None else max(1, asked)
    return expected_bill(ready, run, jobs, options.tokens_per_second).text()


def _has_jobs(found: Submitted | Preview) -> bool:
    """Print the notes; return whether there are jobs, and say so if not."""
    for note in found.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    if not found.jobs:
        print("Nothing to submit.")
    return bool(found.jobs)


def _print_jobs(jobs: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Print each job: the text before it, its name, and the jobs it waits for."""
    for before, name, after in jobs[:MOST_SHOWN]:
        waits = f", after {', '.join(after[:3])}{' …' if len(after) > 3 else ''}" if after else ""
        print(f"{before:>12}  {name}{waits}")
    if len(jobs) > MOST_SHOWN:
        print(f"{'…':>12}  and {len(jobs) - MOST_SHOWN} more")


def watch_argv(output_dir: AnyPath, where: ClusterOptions) -> list[str]:
    """Return the arguments of `ns status`, with the folder as typed, so that they work from a laptop, too."""
    from northstar.config.cluster import TYPED_CONFIG_DIR

    typed = where.config_dir or os.environ.get(TYPED_CONFIG_DIR)
    config = [f"--config_dir={typed}"] if typed else []
    return [str(output_dir), f"--cluster={where.cluster}", *config]


def check_jobs(jobs: JobOptions, cluster: Cluster) -> None:
    """Check the job options; print a note on those that have no effect on this machine. Raises UsageError."""
    from northstar.config.options.jobs import read_job_options
    from northstar.executors.choice import executor_of

    read_job_options(jobs)
    here = executor_of(cluster).here
    if here and jobs.shares:
        print(
            "note: this process is one of the jobs that share the run; the same command, here or on another machine "
            "that sees the folder, adds one.",
            file=sys.stderr,
        )
    kept = ("num_jobs",) if jobs.shares or jobs.num_jobs == 1 else ()
    given = [f"--{name}={value}" for name, value in given_options(jobs).items() if name not in kept]
    if given and here:
        verb = "is" if len(given) == 1 else "are"
        print(
            f"note: {', '.join(given)} {verb} for clusters; this machine runs everything as one job.", file=sys.stderr
        )


def print_tables(run: Callable[[], Evaluation]) -> None:
    """Run and print the tables on stdout, tokens and notes on stderr; also if samples were left open."""
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


def print_verdicts(plan: Plan, chosen: Chosen) -> None:
    """Print whether a finished run agrees with what its recipe has as published, if it has anything."""
    if not chosen.run.published:
        said = f"{chosen.name} has no published values; ns compare BASE NEW compares two runs."
        print(f"note: {printable(said)}", file=sys.stderr)
        return
    from northstar.recipes.tables import as_text
    from northstar.recipes.verdicts import judge_run

    judged = judge_run(plan.output_dir, chosen, extra=plan.extra_benchmarks)
    for note in judged.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    print(f"\n{printable(as_text(judged))}", flush=True)


def show(evaluation: Evaluation) -> None:
    """Print tables and notes, then raise NorthstarError if the summary failed, or OutputLost."""
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
