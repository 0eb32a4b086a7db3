from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.quantiles import two_sided
from northstar.statistics.planning import difference_told, seeds_for_error, seeds_to_tell
from tests.statistics.simulated import rates

ROWS, W = 200, 0.1


def test_the_power_is_the_one_that_was_planned() -> None:
    random = np.random.default_rng(6)
    of_rows = np.clip(rates(random, 1, ROWS, 0.5, 1.5)[0], 0.05, 0.9)
    better = of_rows + 0.02
    w = float((of_rows * (1 - of_rows)).mean())
    k = seeds_to_tell(0.02, w, ROWS)
    assert k is not None
    first, second = (random.binomial(k, p, size=(2000, ROWS)).mean(axis=1) / k for p in (of_rows, better))
    found = np.abs(second - first) > two_sided(0.05) * np.sqrt(2 * w / (ROWS * k))
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)


def test_a_published_value_of_few_generations_cannot_be_told_apart_by_any_number() -> None:
    assert seeds_to_tell(0.01, W, ROWS, published=0.01**2) is None


def test_what_the_planned_seeds_tell_is_what_was_asked() -> None:
    published = 0.002**2
    k = seeds_to_tell(0.01, W, ROWS, published=published)
    assert k is not None
    assert (
        difference_told(W, ROWS, k, published=published) <= 0.01 < difference_told(W, ROWS, k - 1, published=published)
    )


def test_seeds_for_an_error_reach_it_and_one_less_does_not() -> None:
    k = seeds_for_error(0.005, W, ROWS)
    assert (W / (ROWS * k)) ** 0.5 <= 0.005 < (W / (ROWS * (k - 1))) ** 0.5


def test_no_noise_needs_one_seed() -> None:
    assert seeds_for_error(0.005, 0.0, ROWS) == 1
    assert seeds_to_tell(0.01, 0.0, ROWS) == 1
