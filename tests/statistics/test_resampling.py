from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.arrays import FloatArray, IntArray
from northstar.metrics.majority import majority_score
from northstar.metrics.pass_at_k import pass_at_k
from northstar.statistics.resampling import variance_of_majority, variance_of_pass
from tests.statistics.simulated import rates, scores

ROWS, K = 100, 8


def answers_of(random: np.random.Generator, right: FloatArray) -> IntArray:
    """Return answer 0 where it is right, else one of three wrong ones."""
    answers: IntArray = np.where(right > 0, 0, random.integers(1, 4, right.shape))
    return answers


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "strength"), [(0.2, 0.7), (0.5, 0.3), (0.8, 0.7)])
def test_the_variances_are_those_of_repeated_runs(mean: float, strength: float) -> None:
    random = np.random.default_rng(4)
    of_rows = rates(random, 1, ROWS, mean, strength)[0]
    runs = [scores(random, of_rows, K) for _ in range(600)]
    voted = np.var([majority_score(answers_of(random, run), run) for run in runs])
    passed = np.var([pass_at_k(run > 0, K) for run in runs])
    found = [variance_of_majority(answers_of(random, run), run) for run in runs[:4]]
    assert np.sqrt(np.mean(found)) == pytest.approx(np.sqrt(voted), rel=0.2)
    found = [variance_of_pass(run > 0, K) for run in runs[:4]]
    assert np.sqrt(np.mean(found)) == pytest.approx(np.sqrt(passed), rel=0.3)


def test_rows_that_all_agree_are_not_certain() -> None:
    right = np.ones((30, 16))
    assert 0 < variance_of_pass(right > 0, 1) < 0.01**2


def test_the_same_scores_give_the_same_variance() -> None:
    right = scores(np.random.default_rng(5), rates(np.random.default_rng(5), 1, 30, 0.5, 1.0)[0], 4)
    assert variance_of_pass(right > 0, 4) == variance_of_pass(right > 0, 4)
