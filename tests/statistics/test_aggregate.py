"""The interval of a group, against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.spread import interval_95
from northstar.statistics.aggregate import Estimate, weighted_mean
from tests.statistics.simulated import rates, scores


def test_of_a_single_part_it_is_the_parts_own() -> None:
    part = Estimate(0.97, 0.83, 0.99)
    assert weighted_mean([(3.0, part)]) == pytest.approx(part)


def test_weights_need_not_sum_to_one() -> None:
    parts = Estimate(0.5, 0.4, 0.6), Estimate(0.2, 0.1, 0.4)
    assert weighted_mean([(1, parts[0]), (3, parts[1])]) == pytest.approx(
        weighted_mean([(0.25, parts[0]), (0.75, parts[1])])
    )


@pytest.mark.parametrize("means", [(0.5, 0.5, 0.5), (0.9, 0.7, 0.06), (0.97, 0.97, 0.97)])
def test_it_covers_the_mean_of_all_rows_of_the_kind_95_times_in_100(means: tuple[float, float, float]) -> None:
    random = np.random.default_rng(0)
    trials, weights, covered = 500, (0.5, 0.2, 0.3), 0
    drawn = [
        scores(random, rates(random, trials, rows, mean, 1.0), 4)
        for rows, mean in zip((30, 60, 150), means, strict=True)
    ]
    truth = float(np.dot(weights, means))
    for trial in range(trials):
        parts = []
        for weight, each in zip(weights, drawn, strict=True):
            interval = interval_95(each[trial])
            assert interval is not None
            parts.append((weight, Estimate(float(each[trial].mean()), *interval)))
        found = weighted_mean(parts)
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / trials <= 0.985


def test_it_is_as_wide_as_the_means_of_repeated_draws_scatter() -> None:
    random = np.random.default_rng(1)
    weights = (0.6, 0.4)
    drawn = [scores(random, rates(random, 400, rows, 0.5, 1.0), 2) for rows in (200, 100)]
    means = sum(weight * each.mean(axis=(1, 2)) for weight, each in zip(weights, drawn, strict=True))
    found = weighted_mean(
        [
            (weight, Estimate(float(each[0].mean()), *(interval_95(each[0]) or (0.0, 0.0))))
            for weight, each in zip(weights, drawn, strict=True)
        ]
    )
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(means), rel=0.12)
