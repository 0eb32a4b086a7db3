from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from northstar.statistics.paired import paired_difference
from tests.statistics.simulated import rates, scores


def test_the_interval_is_that_of_a_paired_t_test_of_row_means() -> None:
    random = np.random.default_rng(0)
    of_rows = rates(random, 1, 40, 0.5, 1.0)[0]
    first, second = scores(random, of_rows, 4), scores(random, of_rows, 8)
    found = paired_difference(first, second)
    expected = ttest_rel(second.mean(axis=1), first.mean(axis=1)).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high))


def test_two_runs_of_one_model_seldom_differ() -> None:
    random = np.random.default_rng(1)
    of_rows = rates(random, 2000, 100, 0.6, 1.0)
    first, second = scores(random, of_rows, 4), scores(random, of_rows, 4)
    found = [paired_difference(a, b).p < 0.05 for a, b in zip(first, second, strict=True)]
    assert np.mean(found) <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "least"), [(30, 0.93), (500, 0.93)])
@pytest.mark.parametrize("mean", [0.1, 0.5, 0.9])
def test_the_interval_covers_the_difference_of_all_rows_of_the_kind(rows: int, least: float, mean: float) -> None:
    random = np.random.default_rng(2)
    of_rows = rates(random, 2000, rows, mean, 1.0)
    better = of_rows + 0.3 * (1.0 - of_rows) * of_rows
    truth = 0.3 * mean * (1 - mean) / 2  # E[p(1-p)] of a beta distribution of strength 1
    pairs = zip(scores(random, of_rows, 4), scores(random, better, 4), strict=True)
    intervals = [paired_difference(a, b).interval for a, b in pairs]
    covered = np.mean([found is not None and found[0] <= truth <= found[1] for found in intervals])
    assert least <= covered <= 0.975


def test_the_interval_for_these_rows_knows_only_the_seeds() -> None:
    first, second = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    found = paired_difference(first, second)
    assert found.interval_here == (0.5, 0.5)
    assert found.interval is not None
    assert found.interval[0] < 0 < found.interval[1]


def test_one_generation_a_row_borrows_the_other_runs_spread() -> None:
    first, second = np.array([[1.0], [0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    assert paired_difference(first, second).error_here == pytest.approx(np.sqrt(2 * (0.5 + 0.25)) / 2)


def test_one_generation_a_row_on_both_sides_says_nothing_of_seeds() -> None:
    assert paired_difference(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])).interval_here is None


def test_a_single_row_has_no_interval_over_rows() -> None:
    found = paired_difference(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]))
    assert (found.difference, found.interval, found.p) == (0.5, None, 1.0)


def test_runs_that_agree_everywhere_have_no_difference() -> None:
    same = np.array([[1.0, 1.0], [0.0, 0.0]])
    found = paired_difference(same, same)
    assert (found.difference, found.interval, found.p) == (0.0, (0.0, 0.0), 1.0)


def test_other_numbers_of_rows_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="2 and 1 rows cannot be paired"):
        paired_difference(np.zeros((2, 1)), np.zeros((1, 1)))
