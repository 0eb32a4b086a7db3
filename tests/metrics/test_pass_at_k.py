"""pass@k against drawing by hand."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from northstar.metrics.pass_at_k import pass_at_k

Correct = arrays.arrays(np.bool_, st.tuples(st.integers(1, 5), st.integers(1, 6)))


def test_one_of_four_correct_is_drawn_in_half_of_the_pairs() -> None:
    assert pass_at_k(np.array([[True, False, False, False]]), 2) == pytest.approx(0.5)


def test_at_k_equal_n_any_correct_one_counts() -> None:
    assert pass_at_k(np.array([[False, True], [False, False]]), 2) == 0.5


def test_k_must_lie_within_the_generations() -> None:
    with pytest.raises(ValueError, match="k = 3 must lie between 1 and n = 2"):
        pass_at_k(np.array([[True, False]]), 3)


@given(Correct)
def test_is_the_share_of_all_draws_that_hold_a_correct_one(correct: np.ndarray) -> None:
    n = correct.shape[1]
    for k in range(1, n + 1):
        draws = [[any(row[list(chosen)]) for chosen in combinations(range(n), k)] for row in correct]
        assert pass_at_k(correct, k) == pytest.approx(np.mean([np.mean(row) for row in draws]))


@given(Correct)
def test_never_falls_with_k(correct: np.ndarray) -> None:
    values = [pass_at_k(correct, k) for k in range(1, correct.shape[1] + 1)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))
