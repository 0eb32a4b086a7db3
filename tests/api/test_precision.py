"""`--precision`: what it can't be combined with, and what a dry run says that it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan
from northstar.api.previewing.dry_run import describe, expected_cost, looked_at
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.server import ServerOptions
from northstar.config.plan import Growth
from northstar.core.errors import UsageError
from tests.engine.schedule.growing import ROWS, growing, is_right, write_seed

SERVER = ServerOptions(model="m", address="http://127.0.0.1:9/v1")


def options(output: Path, benchmarks: str, **given: Any) -> EvalOptions:
    everything: dict[str, Any] = {"benchmarks": benchmarks, "output_dir": output, "server": SERVER, "precision": 0.8}
    return EvalOptions(**everything | given)


def test_a_score_that_waits_for_verdicts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"hle:1\.\.9 can't be asked by --precision: its score needs verdicts"):
        make_plan(options(tmp_path, "hle:..9"))


def test_chunks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--num_chunks=4: smoke:4\.\.64 takes one decision on all its rows"):
        make_plan(options(tmp_path, "smoke:4..64", num_chunks=4))


@pytest.mark.parametrize("jobs", [2, -1])
def test_several_jobs_for_a_benchmark_are_refused(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(UsageError, match=rf"--num_jobs={jobs}: smoke:4\.\.64 takes one decision, in one job"):
        make_plan(options(tmp_path, "smoke:4..64", jobs=JobOptions(num_jobs=jobs)))


def test_one_job_for_each_benchmark_is_not(tmp_path: Path) -> None:
    plan = make_plan(options(tmp_path, "smoke:4..64", jobs=JobOptions(num_jobs=1)))
    assert plan.generate is not None
    assert plan.generate.benchmarks[0].growth is not None


def shown(output: Path, benchmarks: str, **given: Any) -> str:
    """The line of a dry run that says what a precision costs."""
    with looked_at(make_plan(options(output, benchmarks, **given))) as ready:
        lines = describe(ready).splitlines()
    return next(line.strip() for line in lines if "standard error" in line)


def test_a_dry_run_says_what_it_costs_at_most_where_nothing_is_known(tmp_path: Path) -> None:
    assert shown(tmp_path, "smoke:4..999", precision=2.0) == (
        "until the standard error is 2 points: at most about 27 seeds, 648 samples"
    )
    assert shown(tmp_path, "smoke:4..9") == (
        "until the standard error is 0.8 points: at most about 9 seeds, the limit, 216 samples"
    )


def test_it_says_what_is_left_by_the_spread_of_an_earlier_run(tmp_path: Path) -> None:
    for seed in range(4):
        write_seed(tmp_path, seed, [is_right(row, seed) for row in range(ROWS)])
    growth = Growth(least=4, precision=3)
    assert expected_cost(growing(tmp_path, precision=3.0, limit=64), growth) == (
        "until the standard error is 3 points; 4 seeds done, ±5.2 points: about 8 more, 240 samples, about "
        "24,000 tokens"
    )
    assert expected_cost(growing(tmp_path, precision=3.0, limit=8), growth) == (
        "until the standard error is 3 points; 4 seeds done, ±5.2 points: about 4 more, the limit, 120 samples, about "
        "12,000 tokens"
    )
    assert expected_cost(growing(tmp_path, precision=3.0, limit=4), growth) == (
        "until the standard error is 3 points; 4 seeds done, ±5.2 points: the limit, no more; about 12 would do"
    )
    assert expected_cost(growing(tmp_path, precision=9.0), Growth(least=4, precision=9)) == (
        "until the standard error is 9 points; 4 seeds done, ±5.2 points: no more"
    )
