"""What a judge says is reported, or refused before it is paid for."""

from __future__ import annotations

import pytest

from northstar.api.judging import plan_judges
from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.config.cluster import Cluster
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.core.errors import UsageError
from northstar.metrics.answers import JUDGE_SCORE
from northstar.task.benchmark import Judge


def judged(name: str) -> bool:
    """Whether a judge of this benchmark is planned."""
    asked = JudgeOptions(server=ServerOptions(model="j"))
    try:
        stages = plan_judges([(find_benchmark(name), (0,))], asked, Cluster(), Judge(), written=asked)
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


def test_an_option_of_the_judges_server_is_called_by_its_name() -> None:
    asked = JudgeOptions(server=ServerOptions(gpus=-1))
    with pytest.raises(UsageError, match=r"--judge_server_gpus=-1: input should be greater than or equal to 0\."):
        plan_judges([(find_benchmark("hle"), (0,))], asked, Cluster(), written=asked)


def test_several_judges_are_named_in_one_option_and_each_judges_all() -> None:
    asked = JudgeOptions(server=ServerOptions(model="a, b", address="http://h:1/v1"))
    benchmarks = [(find_benchmark(name), (0,)) for name in ("hle", "omniscience")]
    stages = plan_judges(benchmarks, asked, Cluster(), written=asked)
    assert [(stage.name, [part.name for part in stage.benchmarks]) for stage in stages] == [
        *(("a", ["hle"]), ("b", ["hle"]), ("a", ["omniscience"]), ("b", ["omniscience"])),
    ]


@pytest.mark.parametrize(
    ("model", "why"), [("a,a", "'a' is given twice"), ("a,", "'' is empty"), ("a,none", "'none' is nobody")]
)
def test_judges_that_are_no_several_are_refused(model: str, why: str) -> None:
    asked = JudgeOptions(server=ServerOptions(model=model))
    with pytest.raises(UsageError, match=f"--judge_model={model}: {why}; name judges that differ"):
        plan_judges([(find_benchmark("hle"), (0,))], asked, Cluster(), written=asked)
