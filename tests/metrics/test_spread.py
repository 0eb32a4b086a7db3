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


def test_the_interval_is_clustered_by_row() -> None:
    half = 1.959963984540054 * statistics.stdev([2 / 3, 1 / 3, 1, 0]) / 2
    assert spread.interval_95(SCORES) == pytest.approx((max(0, 0.5 - half), min(1, 0.5 + half)))


def test_what_is_undefined_is_none() -> None:
    assert spread.standard_error_over_seeds(SCORES[:, :1]) is None
    assert spread.mean_deviation_of_rows(SCORES[:, :1]) is None
    assert spread.interval_95(SCORES[:1]) is None
