"""Problems of several steps: a row counts as much as it has steps, and its best generation under pass@k."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.benchmarks.scicode.metrics import StepMetrics
from northstar.metrics.pass_at_k import best_of, pass_at_k
from northstar.metrics.scores import Scores

METRICS = StepMetrics("problem_accuracy", "subtask_accuracy", weight="num_subtasks")


def scores(passed: list[list[int]], steps: list[int]) -> Scores:
    """passed: [rows][seeds] numbers of passed steps."""
    shares = np.array(passed, dtype=float) / np.array(steps)[:, None]
    rows, k = shares.shape
    return Scores(
        values={"problem_accuracy": (shares == 1).astype(float), "subtask_accuracy": shares},
        answers=None,
        tokens=np.full((rows, k), 100.0),
        busy=[np.array([[0.0, 60.0]])] * k,
        weights=np.array(steps, dtype=float),
    )


def test_the_tables_columns_in_the_tables_order() -> None:
    mode = METRICS.compute(scores([[1, 2], [0, 4]], [2, 10]))["pass@1[avg-of-2]"]
    numbers = {name: value for name, value in mode.items() if not isinstance(value, dict)}
    assert numbers == {
        "avg_tokens": 100,
        "gen_seconds": 60,
        "problem_accuracy": 25.0,
        "subtask_accuracy": pytest.approx(100 * (3 + 4) / 2 / 12),
        "num_problems": 2,
        "num_subtasks": 12,
    }
    assert list(numbers)[2:] == ["problem_accuracy", "subtask_accuracy", "num_problems", "num_subtasks"]


def test_under_pass_at_k_a_problem_counts_its_best_generation() -> None:
    mode = METRICS.compute(scores([[1, 2], [0, 4]], [2, 10]))["pass@2"]
    assert (mode["problem_accuracy"], mode["subtask_accuracy"]) == (50.0, pytest.approx(100 * (2 + 4) / 12))


def test_one_generation_is_pass_at_1_alone() -> None:
    assert list(METRICS.compute(scores([[1]], [2]))) == METRICS.shown(1) == ["pass@1"]
    assert METRICS.shown(16) == ["pass@1[avg-of-16]", "pass@16"]


def test_the_interval_holds_the_mean_and_counts_rows_by_their_steps() -> None:
    statistics = METRICS.compute(scores([[2], [0], [5]], [2, 10, 10]))["pass@1"]["subtask_accuracy_statistics"]
    assert statistics["avg"] == pytest.approx(7 / 22)
    assert statistics["ci95"][0] <= statistics["avg"] <= statistics["ci95"][1]


@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=1, max_size=4), st.integers(1, 4))
def test_best_of_is_the_mean_over_all_draws(rows: list[list[int]], k: int) -> None:
    shares = np.array(rows) / 4
    by_hand = [np.mean([max(draw) for draw in itertools.combinations(row, k)]) for row in shares]
    np.testing.assert_allclose(best_of(shares, k), by_hand)
    assert best_of((shares == 1).astype(float), k).mean() == pytest.approx(pass_at_k(shares == 1, k))
