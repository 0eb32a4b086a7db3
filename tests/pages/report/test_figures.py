from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.majority import majority_score
from northstar.metrics.pass_at_k import pass_at_k
from northstar.metrics.row_means import RowMean
from northstar.metrics.spread import interval_95
from northstar.pages.report.charts import curves_chart, groups_chart
from northstar.pages.report.figures import Curve, Group, Point, flow_of, groups_of, majority_curve, pass_curve
from northstar.pages.report.samples import choose
from northstar.pages.verdict import Verdict

VALUES = (np.random.default_rng(1).random((50, 8)) < 0.6).astype(float)
ANSWERS = np.where(VALUES > 0, 7, np.random.default_rng(2).integers(0, 3, VALUES.shape))


def test_pass_at_k_is_that_of_the_tables() -> None:
    assert [point.value for point in pass_curve(VALUES).points] == pytest.approx(
        [pass_at_k(VALUES >= 1, k) for k in range(1, 9)]
    )


def test_the_band_at_k_1_is_the_tables_interval() -> None:
    first = pass_curve(VALUES).points[0]
    assert (first.low, first.high) == pytest.approx(interval_95(VALUES))


def test_majority_at_the_largest_k_is_that_of_the_tables() -> None:
    curve = majority_curve(ANSWERS, VALUES)
    assert curve.points[-1].value == majority_score(ANSWERS, VALUES)
    assert curve.points == majority_curve(ANSWERS, VALUES).points


def test_majority_of_one_is_the_mean() -> None:
    assert majority_curve(ANSWERS, VALUES).points[0].value == pytest.approx(VALUES.mean())


def test_many_ks_are_thinned_out_and_keep_both_ends() -> None:
    ks = pass_curve(np.ones((2, 100))).ks
    assert (ks[0], ks[-1]) == (1, 100)
    assert len(ks) <= 16


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "9", "9"], ["9", "10"]),
        (["Level 2", "Level 1", "Level 2"], ["Level 1", "Level 2"]),
        (["hard", "Easy", "medium"], ["Easy", "medium", "hard"]),
        (["b", "a", "c"], ["c", "b", "a"]),
        (["x\0", "x", "x\0"], ["x\0", "x"]),
    ],
)
def test_groups_are_in_the_order_of_a_reader(labels: list[str], order: list[str]) -> None:
    found = groups_of(RowMean(np.array([[0.5], [0.0], [1.0]])), labels)
    assert [group.label for group in found] == order


def test_tokens_are_spread_over_the_time_of_their_request() -> None:
    flow = flow_of(np.array([100.0, 100.0]), np.array([200.0, 150.0]), np.array([1000.0, 1000.0]))
    assert flow is not None
    assert (flow.tokens[0], flow.tokens[-1]) == pytest.approx((30.0, 10.0))
    assert (flow.in_flight[0], flow.in_flight[-1]) == pytest.approx((2.0, 1.0))


def test_no_token_is_lost_and_pauses_are_cut_out() -> None:
    starts, ends = np.array([100.0, 100_000.0]), np.array([160.0, 100_060.0])
    flow = flow_of(starts, ends, np.array([600.0, 1200.0]))
    assert flow is not None
    assert flow.hours[-1] * 3600 == pytest.approx(120.0)
    assert (flow.tokens * np.diff(flow.hours) * 3600).sum() == pytest.approx(1800.0)


def test_without_times_there_is_no_flow() -> None:
    assert flow_of(np.zeros(3), np.zeros(3), np.ones(3)) is None


def test_choices_take_turns_between_kinds_of_rows_and_are_the_same_each_time() -> None:
    verdicts = np.array([[0, 1], [1, 3], [0, 0], [0, 1], [1, 1], [0, 0]])
    chosen = choose(verdicts, 8, "aime24")
    assert chosen == choose(verdicts, 8, "aime24")
    mixed = [(each.row, verdicts[each.row, each.seed] == Verdict.RIGHT) for each in chosen]
    assert [right for _, right in mixed] == [True, False, False, True] * 2
    assert {row for row, _ in mixed} == {0, 1, 2, 3, 4, 5}


def test_no_more_are_chosen_than_are_there() -> None:
    assert len(choose(np.array([[0, 0]]), 5, "x")) == 1


def test_as_many_runs_are_drawn_as_are_named() -> None:
    point = Point(0.5, 0.4, 0.6)
    runs = [f"run {number}" for number in range(20)]
    groups = groups_chart("g", "by level", {run: [Group("1", 3, point)] for run in runs})
    curves = curves_chart("c", "over k", {run: [Curve("pass@k", [1, 2], [point, point])] for run in runs})
    assert not [run for run in runs if run not in groups.picture or f"{run}: pass@k" not in curves.picture]
