"""Spread over seeds and rows, against the formulas written out."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from northstar.metrics import spread

SCORES = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])


def test_deviation_and_error_over_seeds_are_those_of_the_per_seed_means() -> None:
    deviation = statistics.stdev([0.5, 0.25, 0.75])
    assert spread.standard_deviation_over_seeds(SCORES) == pytest.approx(deviation)
    assert spread.standard_error_over_seeds(SCORES) == pytest.approx(deviation / math.sqrt(3))


def test_the_mean_deviation_of_rows() -> None:
    assert spread.mean_deviation_of_rows(SCORES) == pytest.approx((2 * statistics.stdev([1, 0, 0]) + 0 + 0) / 4)


def test_the_interval_is_wilsons_for_as_many_scores_as_the_rows_are_worth() -> None:
    error = statistics.stdev([2 / 3, 1 / 3, 1, 0]) / 2
    worth, t = 0.25 / error**2 * 2 / 4, 3.182446
    half = t * math.sqrt(0.25 / worth + t**2 / (4 * worth**2)) / (1 + t**2 / worth)
    assert spread.interval_95(SCORES) == pytest.approx((0.5 - half, 0.5 + half))


def test_repeating_a_rows_generation_does_not_narrow_the_interval() -> None:
    once = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
    assert spread.interval_95(np.repeat(once, 50, axis=1)) == pytest.approx(spread.interval_95(once))


def test_rows_that_are_all_right_leave_room_for_wrong_ones() -> None:
    assert spread.interval_95(np.ones((30, 4))) == pytest.approx((0.870, 1.0), abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "least", "most"), [(30, 0.93, 1.0), (500, 0.93, 0.97)])
@pytest.mark.parametrize("strength", [0.3, 2.0, 1000.0])
@pytest.mark.parametrize("mean", [0.1, 0.3, 0.5, 0.9])
def test_the_interval_covers_the_mean_of_all_rows_of_the_kind(
    rows: int, least: float, most: float, mean: float, strength: float
) -> None:
    random = np.random.default_rng(8)
    rates = random.beta(mean * strength, (1 - mean) * strength, (2000, rows))
    for k in (1, 4, 16):
        runs = (random.random((2000, rows, k)) < rates[..., None]).astype(float)
        intervals = [spread.interval_95(run) or (1.0, 0.0) for run in runs]
        covered = np.mean([low <= mean <= high for low, high in intervals])
        # One generation a row has few values: no interval of them covers evenly.
        assert least - 0.005 <= covered <= (1.0 if k == 1 else most)


def test_what_is_undefined_is_none() -> None:
    assert spread.standard_error_over_seeds(SCORES[:, :1]) is None
    assert spread.mean_deviation_of_rows(SCORES[:, :1]) is None
    assert spread.interval_95(SCORES[:1]) is None
