"""Scores put together from categories, computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from northstar.metrics.categories import CategoryMetrics, Group
from northstar.metrics.scores import Scores

METRICS = CategoryMetrics(
    "correct",
    subset="category",
    groups=[
        Group("plain", ("a", "b")),
        Group("weighted", ("a", "b"), weighted=True),
        Group("all", ("plain", "c")),
    ],
    table=["all", "plain", "c"],
)
ROWS = {"a": [[1, 1], [1, 0], [0, 0]], "b": [[1, 0]], "c": [[0, 0]]}


def scores(rows: dict[str, list[list[int]]]) -> Scores:
    values = np.array([row for numbers in rows.values() for row in numbers], dtype=float)
    k = values.shape[1]
    return Scores(
        values={"correct": values},
        answers=None,
        tokens=np.full(values.shape, 10.0),
        busy=[np.array([[0.0, 5.5]])] * k,
        labels=[name for name, numbers in rows.items() for _ in numbers],
    )


def accuracies(mode: dict[str, Any]) -> dict[str, float]:
    return {name: numbers["accuracy"] for name, numbers in mode.items() if isinstance(numbers, dict)}


def test_groups_are_plain_or_weighted_means_of_their_parts() -> None:
    mode = METRICS.compute(scores(ROWS))["pass@1[avg-of-1]"]
    assert accuracies(mode) == pytest.approx(
        {"all": 100 * (5 / 6) / 2, "weighted": 75.0, "plain": 100 * 5 / 6, "a": 200 / 3, "b": 100.0, "c": 0.0}
    )
    entries = {name: numbers["num_entries"] for name, numbers in mode.items() if isinstance(numbers, dict)}
    assert entries == {"all": 5, "weighted": 4, "plain": 4, "a": 3, "b": 1, "c": 1}


def test_seeds_are_averaged_or_any_of_them_counts() -> None:
    modes = METRICS.compute(scores(ROWS))
    assert accuracies(modes["pass@1[avg-of-2]"])["a"] == pytest.approx(50.0)
    assert accuracies(modes["pass@1[avg-of-2]"])["all"] == pytest.approx(25.0)
    assert accuracies(modes["pass@2"])["a"] == pytest.approx(200 / 3)
    spread = modes["pass@1[avg-of-2]"]["b"]["accuracy_statistics"]
    assert spread["std_dev_across_runs"] == pytest.approx(np.std([1, 0], ddof=1))
    assert METRICS.shown(2) == ["pass@1[avg-of-2]", "pass@2"]


def test_one_generation_a_row_is_one_mode_with_the_counts() -> None:
    (mode,) = METRICS.compute(scores({"a": [[1]]})).values()
    assert (mode["num_entries"], mode["avg_tokens"], mode["gen_seconds"]) == (1, 10, 5)


def test_a_group_without_one_of_its_parts_is_left_out_and_its_categories_are_shown_alone() -> None:
    mode = METRICS.compute(scores({"b": [[1]], "c": [[0]]}))["pass@1"]
    assert accuracies(mode) == {"b": 100.0, "c": 0.0}
    assert METRICS.lines(mode) == ["c", "b"]
    assert METRICS.categories(mode) == ["b", "c"]


def test_all_parts_there_the_table_has_its_own_lines() -> None:
    assert METRICS.lines(METRICS.compute(scores(ROWS))["pass@1[avg-of-1]"]) == ["all", "plain", "c"]
