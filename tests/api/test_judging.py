"""What a judge says is reported, or refused before it is paid for."""

from __future__ import annotations

import pytest

from northstar.api.judging import JudgeOptions, plan_judges
from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.config.cluster import Cluster
from northstar.core.errors import UsageError
from northstar.metrics.answers import JUDGE_SCORE
from northstar.task.benchmark import Judge


def judged(name: str) -> bool:
    """Whether a judge of this benchmark is planned."""
    try:
        options: JudgeOptions = {"judge_model": "j"}
        stages = plan_judges([(find_benchmark(name), (0,))], options, Cluster(), Judge(), written={})
        return [part.name for stage in stages for part in stage.benchmarks] == [name]
    except UsageError as error:
        return "cannot be judged" not in str(error)


@pytest.mark.parametrize("name", ["bfcl_v3", "scicode"])
def test_scores_of_steps_and_categories_are_not_judged(name: str) -> None:
    assert not judged(name)


@pytest.mark.parametrize("name", benchmark_names())
def test_whatever_is_judged_has_a_column_for_it(name: str) -> None:
    metrics = find_benchmark(name).metrics
    reported = metrics if metrics.judged else metrics.with_judge()
    assert judged(name) == (reported is not None and JUDGE_SCORE in reported.scores)
