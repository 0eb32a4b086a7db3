"""The recipes that come with Northstar: what their values must have in common, whoever measured them."""

from __future__ import annotations

import pytest

from northstar.recipes.reading import read_recipe, recipe_names
from northstar.recipes.recipe import Asked, Mode, Run

RUNS = {
    f"{name}:{run_name}": run for name in recipe_names() for run_name, run in sorted(read_recipe(name).runs.items())
}
EACH_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
EACH_BENCHMARK = pytest.mark.parametrize(
    "asked",
    [asked for run in RUNS.values() for asked in run.benchmarks.values()],
    ids=[f"{name}/{benchmark}" for name, run in RUNS.items() for benchmark in run.benchmarks],
)


def values(asked: Asked) -> dict[tuple[str, Mode], float]:
    return {(each.metric, each.mode): each.value for each in asked.published}


def test_they_are_the_tutorials_model_with_and_without_reasoning_and_the_nano() -> None:
    assert list(RUNS) == [
        "llama-nemotron-super-49b-v1.5:reasoning-off",
        "llama-nemotron-super-49b-v1.5:reasoning-on",
        "nemotron-nano-9b-v2:reasoning-on",
    ]


@EACH_RUN
def test_each_has_the_tutorials_nine_benchmarks_and_says_where_its_values_are_from(run: Run) -> None:
    assert [name.partition(".")[0] for name in run.benchmarks if name != "ifbench"] == [
        *("gpqa", "mmlu-pro", "hle", "livecodebench", "scicode", "math-500", "aime24", "aime25", "bfcl_v3")
    ]
    assert run.source
    assert run.date


def test_the_average_score_of_ifbench_is_the_mean_of_its_four_shares() -> None:
    average, *shares = RUNS["nemotron-nano-9b-v2:reasoning-on"].benchmarks["ifbench"].published
    assert average.metric == "average_score"
    assert average.value == round(sum(share.value for share in shares) / 4, 2)


@EACH_BENCHMARK
def test_each_benchmark_has_one_main_value_or_none_that_may_be_matched(asked: Asked) -> None:
    assert sum(value.main for value in asked.published) == any(value.match for value in asked.published)


@EACH_BENCHMARK
def test_one_of_k_is_right_at_least_as_often_as_their_majority_and_as_one_alone(asked: Asked) -> None:
    found = values(asked)
    for (metric, mode), value in found.items():
        passed = found.get((metric, Mode.PASS_K))
        if passed is not None and mode is not Mode.PASS_K and metric != "no_answer":
            assert value <= passed


@EACH_RUN
def test_the_overall_score_of_bfcl_is_the_mean_of_its_three_parts(run: Run) -> None:
    found = values(run.benchmarks["bfcl_v3"])
    parts = [found.get((name, Mode.PASS_1)) for name in ("overall_non_live", "overall_live", "overall_multi_turn")]
    known = [part for part in parts if part is not None]
    assert len(known) in (0, 3)
    if known:
        assert found["overall_accuracy", Mode.PASS_1] == pytest.approx(sum(known) / 3, abs=0.0101)


@EACH_BENCHMARK
def test_a_share_of_whole_answers_is_a_share_of_all_that_were_given(asked: Asked) -> None:
    """pass@1 and pass@k of rows that are right or wrong are whole numbers of n k, and of n, to two decimals."""
    for value in asked.published:
        whole = value.mode is not Mode.MAJORITY and value.metric not in (
            "subtask_accuracy",
            "no_answer",
            "average_score",
        )
        if whole and not value.metric.startswith(("overall", "non_live")):
            total = value.n * (value.k if value.mode is Mode.PASS_1 else 1)
            nearest = round(value.value / 100 * total)
            assert any(abs(100 * count / total - value.value) < 0.0101 for count in (nearest - 1, nearest, nearest + 1))


def test_what_must_not_be_matched_is_what_the_page_on_fidelity_says() -> None:
    run = RUNS["llama-nemotron-super-49b-v1.5:reasoning-on"]
    unmatched = {
        (name, value.name, value.value)
        for name, asked in run.benchmarks.items()
        for value in asked.published
        if not value.match
    }
    assert {
        ("scicode", "pass@1[avg-of-16] problem_accuracy", 3.08),
        ("scicode", "pass@1[avg-of-16] subtask_accuracy", 28.91),
        ("hle", "pass@1[avg-of-15] symbolic_correct", 2.40),
        ("hle", "pass@1[avg-of-15] no_answer", 64.13),
    } <= unmatched
    assert ("hle", "pass@1[avg-of-15] judge_correct", 7.75) not in unmatched


def test_reasoning_on_sends_no_system_message_and_says_that_the_command_was_written_otherwise() -> None:
    run = RUNS["llama-nemotron-super-49b-v1.5:reasoning-on"]
    assert run.settings.system_message == "none"
    assert "++system_message=''" in run.departures[0]


@pytest.mark.parametrize("assumed", ["the judge of hle", "limit", "parser's file"])
def test_the_nano_says_what_its_source_does_not(assumed: str) -> None:
    run = RUNS["nemotron-nano-9b-v2:reasoning-on"]
    assert run.departures[0].startswith("Assumed, since the source does not say it")
    assert assumed in run.departures[0]
