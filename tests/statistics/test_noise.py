from __future__ import annotations

import numpy as np
import pytest

from northstar.statistics.noise import error_over_seeds, greatest_variance, variance_or_bound, within_row_variance
from tests.statistics.simulated import rates, scores


def test_the_error_over_seeds_is_the_spread_of_repeated_runs() -> None:
    random = np.random.default_rng(1)
    of_rows = rates(random, 1, 100, 0.6, 1.0)[0]
    means = [scores(random, of_rows, 4).mean() for _ in range(4000)]
    w = np.mean([within_row_variance(scores(random, of_rows, 4)) for _ in range(200)])
    assert error_over_seeds(float(w), 100, 4) == pytest.approx(np.std(means), rel=0.05)


def test_rows_that_count_more_weigh_more() -> None:
    agreeing_row, split_row = [1.0, 1.0], [1.0, 0.0]
    w = within_row_variance(np.array([agreeing_row, split_row]), np.array([3.0, 1.0]))
    assert w == pytest.approx(2 * (0.25**2 * 0.5))


def test_one_generation_a_row_has_no_spread() -> None:
    assert within_row_variance(np.array([[1.0], [0.0]])) is None


def test_one_generation_a_row_gives_the_bound_and_says_so() -> None:
    w, bound = variance_or_bound(np.array([[1.0], [0.0], [0.0], [0.0]]))
    assert (w, bound) == (0.1875, True)


def test_more_generations_give_the_estimate() -> None:
    w, bound = variance_or_bound(np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert (w, bound) == (0.25, False)


@pytest.mark.parametrize("mean", [0.05, 0.3, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("strength", [0.3, 1.0, 5.0])
def test_the_greatest_variance_is_never_below_the_estimate_that_it_bounds(mean: float, strength: float) -> None:
    random = np.random.default_rng(2)
    for of_rows in rates(random, 50, 60, mean, strength):
        run = scores(random, of_rows, 16)
        passed = float(run.max(axis=1).mean())
        w = within_row_variance(run)
        assert w is not None
        bound = 16 / 15 * run.mean() * (1 - run.mean() / passed) if passed else 0.0
        assert w <= bound + 1e-12
        assert greatest_variance(float(run.mean()), 16, passed) <= bound + 1e-12


def test_a_mean_of_all_or_nothing_has_no_variance() -> None:
    assert greatest_variance(0.0, 16, 0.0) == 0.0
    assert greatest_variance(1.0, 16, 1.0) == 0.0
