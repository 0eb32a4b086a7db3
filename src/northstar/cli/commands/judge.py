"""`ns judge`, and how tables are printed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from northstar.config.options.judging import JudgingOptions
from northstar.core.errors import NorthstarError
from northstar.core.streams import OutputLost
from northstar.core.text import printable

if TYPE_CHECKING:
    from northstar.api.running import Evaluation


def judge(options: JudgingOptions) -> None:
    """Judge finished generations, by another judge or at a later time; each judge's verdicts lie beside the others'.

    Example: ns judge out --judge_model=gpt-4o-20240806

    A benchmark without a judge of its own is judged if you name it: ns judge out --benchmarks=mmlu-pro --judge_model=…
    """
    from northstar.api.judging import plan_judging
    from northstar.api.running import run_plan
    from northstar.cli.remote import found_cluster
    from northstar.cli.submitted import check_jobs, note_unused, print_submission, watch_words
    from northstar.config.overrides import override_words
    from northstar.progress.progress import watch

    where = found_cluster(options.cluster)
    extra = options.judge.extra_judge_args
    assert isinstance(extra, str)
    words = [*override_words(extra, "--extra_judge_args"), *options.overrides]
    plan = plan_judging(replace(options, judge=replace(options.judge, extra_judge_args=words)))
    check_jobs(options.jobs)
    if where.executor == "slurm":
        print_submission(plan, where, options.jobs, watch_words(options.output_dir, options.cluster))
    else:
        note_unused(options.jobs)
        print_tables(lambda: run_plan(plan, watch, where))


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
