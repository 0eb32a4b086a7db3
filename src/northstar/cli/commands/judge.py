"""`ns judge`."""

from __future__ import annotations

from dataclasses import replace

from northstar.cli.outcome import check_jobs, run_or_submit, watch_argv
from northstar.config.options.judging import JudgingOptions


def judge(options: JudgingOptions) -> None:
    """Judge finished generations, by another judge or at a later time; each judge's verdicts lie beside the others'.

    Example: ns judge out --judge_model=gpt-4o-20240806

    A benchmark without a judge of its own is judged if you name it: ns judge out --benchmarks=mmlu-pro --judge_model=…
    """
    from northstar.api.fetching.needed import fetch_needed, say
    from northstar.api.judging import plan_judging
    from northstar.cli.remote import found_cluster
    from northstar.config.overrides import override_words

    where = found_cluster(options.cluster)
    extra = options.judge.extra_judge_args
    assert isinstance(extra, str)
    overrides = [*override_words(extra, "--extra_judge_args"), *options.overrides]
    plan = plan_judging(replace(options, judge=replace(options.judge, extra_judge_args=overrides)))
    check_jobs(options.jobs, where)
    plan = fetch_needed(plan, say, prepare=False)
    run_or_submit(plan, where, options.jobs, watch_argv(options.output_dir, options.cluster))
