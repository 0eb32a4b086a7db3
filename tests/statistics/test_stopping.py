from __future__ import annotations

import numpy as np
import pytest

from northstar.statistics.stopping import cautious_variance, fewest_seeds, known_well_enough
from tests.statistics.simulated import rates, scores


def test_one_seed_does_for_mmlu_pro_at_half_a_point() -> None:
    assert known_well_enough(scores(np.random.default_rng(0), np.full(12_032, 0.8), 1), 0.005)


def test_thirty_rows_are_never_known_from_three_seeds() -> None:
    assert not known_well_enough(np.ones((30, 3)), 0.05)


def test_rows_that_agree_so_far_are_not_certain() -> None:
    assert not known_well_enough(np.ones((30, 4)), 0.01)
    assert cautious_variance(np.ones((30, 4))) > 0


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
