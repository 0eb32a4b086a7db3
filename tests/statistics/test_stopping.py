from __future__ import annotations

import numpy as np
import pytest

from northstar.statistics.stopping import (
    begun_at_most,
    cautious_variance,
    fewest_seeds,
    known_well_enough,
    look,
    rows_that_count,
)
from tests.statistics.simulated import rates, scores


def test_one_seed_does_for_mmlu_pro_at_half_a_point() -> None:
    assert known_well_enough(scores(np.random.default_rng(0), np.full(12_032, 0.8), 1), 0.005)


def test_thirty_rows_are_never_known_from_three_seeds() -> None:
    assert not known_well_enough(np.ones((30, 3)), 0.05)


def test_rows_that_agree_so_far_are_not_certain() -> None:
    assert not known_well_enough(np.ones((30, 4)), 0.01)
    assert cautious_variance(np.ones((30, 4))) > 0


def test_equal_weights_change_nothing() -> None:
    found = scores(np.random.default_rng(1), np.linspace(0.1, 0.9, 40), 5)
    for k in (1, 5):
        assert cautious_variance(found[:, :k], np.ones(40)) == pytest.approx(cautious_variance(found[:, :k]))


def test_rows_without_weight_do_not_make_a_mean_better_known() -> None:
    found = scores(np.random.default_rng(2), np.linspace(0.1, 0.9, 40), 8)
    weights = np.repeat([1.0, 0.0], 20)
    error = np.sqrt(cautious_variance(found, weights) / found.size)
    assert error == pytest.approx(np.sqrt(cautious_variance(found[:20]) / found[:20].size), rel=0.1)


def test_a_later_look_stops_where_an_earlier_one_did() -> None:
    found = scores(np.random.default_rng(3), np.full(198, 0.7), 60)
    first = next(k for k in range(4, 60) if look(found[:, :k], 0.01).enough)
    assert all(look(found[:, :k], 0.01).enough for k in range(first, 60))
    assert not look(found[:, : first - 1], 0.01).enough


def test_no_look_stops_before_the_fewest_seeds() -> None:
    found = scores(np.random.default_rng(4), np.full(500, 0.9), 6)
    assert look(found, 0.05).enough
    assert not look(found, 0.05, first=7).enough


def test_no_more_is_begun_than_is_needed_and_always_one_until_it_is_enough() -> None:
    found = scores(np.random.default_rng(5), np.full(198, 0.7), 60)
    looks = [look(found[:, :k], 0.01) for k in range(4, 60)]
    assert all(seen.seeds < begun_at_most(seen) <= seen.needed for seen in looks if not seen.enough)
    assert all(begun_at_most(seen) == seen.seeds for seen in looks if seen.enough)


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.5, 2.0, 1000.0])
@pytest.mark.parametrize("mean", [0.03, 0.1, 0.5, 0.8, 0.96, 0.97])
@pytest.mark.parametrize("rows", [30, 198, 500])
def test_stopping_early_biases_the_mean_little_and_the_error_covers_it(rows: int, mean: float, strength: float) -> None:
    precision, limit = 0.01, 160 if rows == 30 else 40
    random = np.random.default_rng(rows)
    errors, covered = [], []
    for of_rows in rates(random, 300, rows, mean, strength):
        run = scores(random, of_rows, limit)
        k = next((k for k in range(fewest_seeds(rows), limit) if known_well_enough(run[:, :k], precision)), limit)
        reported = np.sqrt(cautious_variance(run[:, :k]) / (rows * k))
        errors.append(run[:, :k].mean() - of_rows.mean())
        covered.append(abs(errors[-1]) <= 1.96 * reported)
    noise = np.std(errors) / np.sqrt(len(errors))
    assert abs(np.mean(errors)) <= 0.15 * precision + 2 * noise
    assert np.mean(covered) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("mean", [0.05, 0.5, 0.96])
@pytest.mark.parametrize(("rows", "spread"), [(65, 1.0), (200, 1.5), (500, 1.0)])
def test_rows_that_count_very_differently_bias_the_mean_no_more(rows: int, spread: float, mean: float) -> None:
    precision, limit = 0.01, 100
    random = np.random.default_rng(rows)
    weights = random.lognormal(0.0, spread, rows)
    errors, covered = [], []
    for of_rows in rates(random, 200, rows, mean, 1000.0):
        run = scores(random, of_rows, limit)
        first = fewest_seeds(rows_that_count(rows, weights))
        k = next((k for k in range(first, limit) if known_well_enough(run[:, :k], precision, weights)), limit)
        reported = np.sqrt(cautious_variance(run[:, :k], weights) / (rows * k))
        errors.append(np.average(run[:, :k].mean(axis=1) - of_rows, weights=weights))
        covered.append(abs(errors[-1]) <= 1.96 * reported)
    noise = np.std(errors) / np.sqrt(len(errors))
    assert abs(np.mean(errors)) <= 0.15 * precision + 2 * noise
    assert np.mean(covered) >= 0.93
