from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from northstar.statistics.sign_flips import sign_flip_p


def scipys_p(differences: list[float]) -> float:
    """Return the exact p by trying all signs."""
    found = permutation_test(
        (np.array(differences),), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    return float(found.pvalue)


@given(st.lists(st.integers(-8, 8), min_size=2, max_size=10))
@settings(deadline=None, max_examples=60)
def test_p_is_that_of_scipy_trying_all_signs(parts: list[int]) -> None:
    differences = [part / 8 for part in parts]
    assert sign_flip_p(np.array(differences), parts=8) == pytest.approx(scipys_p(differences), abs=1e-9)


def test_differences_of_no_common_denominator_are_drawn() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1.0, 12)
    assert sign_flip_p(differences) == pytest.approx(scipys_p(list(differences)), abs=0.01)


def test_no_difference_has_p_1() -> None:
    assert sign_flip_p(np.zeros(5)) == 1.0
    assert sign_flip_p(np.array([0.5, -0.5]), parts=2) == 1.0


def test_one_row_tells_nothing() -> None:
    assert sign_flip_p(np.array([1.0])) == 1.0


def test_the_smallest_p_is_that_of_one_signing_and_its_mirror() -> None:
    assert sign_flip_p(np.ones(60)) == pytest.approx(2.0**-59)


def test_twelve_thousand_rows_of_sixteen_generations_are_exact() -> None:
    differences = np.random.default_rng(0).integers(-16, 17, 12_032) / 16
    z = differences.sum() / np.sqrt((differences**2).sum())
    from northstar.metrics.quantiles import p_of

    assert sign_flip_p(differences, parts=256) == pytest.approx(p_of(z), abs=0.002)
