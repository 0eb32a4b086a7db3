"""pass@k."""

from __future__ import annotations

import math

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray


def pass_at_k(correct: BoolArray, k: int) -> float:
    """Mean over rows of the chance that k of the row's n generations, drawn without replacement, hold a correct one.

    correct: [rows, n], 1 <= k <= n. Unbiased estimator of Chen et al. 2021, eq. 1.
    """
    n = correct.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    return float(np.mean(1.0 - _all_wrong(n, k)[correct.sum(axis=1)]))


def best_of(scores: FloatArray, k: int) -> FloatArray:
    """[rows]: the best score of k of the row's n generations, drawn without replacement, on the average of all draws.

    scores: [rows, n], 1 <= k <= n. For scores of 0 and 1 its mean is pass@k.
    """
    n = scores.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    # The i-th smallest is the best of a draw that has it and k - 1 of the i - 1 that are smaller.
    chances = np.array([math.comb(i - 1, k - 1) / math.comb(n, k) for i in range(1, n + 1)])
    best: FloatArray = np.sort(scores, axis=1) @ chances
    return best


def _all_wrong(n: int, k: int) -> FloatArray:
    """[n + 1]: C(n - c, k) / C(n, k), the chance to draw k wrong ones, for each number c of correct ones."""
    correct = np.arange(n + 1)
    chances = np.ones(n + 1)
    for drawn in range(k):
        chances *= np.maximum(n - correct - drawn, 0) / (n - drawn)
    return chances
