"""pass@k, the chance that one of k generations is correct."""

from __future__ import annotations

import math

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray, IntArray


def pass_at_k(correct: BoolArray, k: int) -> float:
    """Return the mean over rows of the chance that k of the row's n generations include a correct one.

    The unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1: k
    generations drawn without replacement.

    Args:
        correct: [rows, n].
        k: 1 <= k <= n.

    >>> pass_at_k(np.array([[True, False, False, False]]), 2)
    0.5
    """
    return float(np.mean(pass_by_row(correct.sum(axis=1), correct.shape[1], k)))


def pass_by_row(correct: IntArray, n: int, k: int) -> FloatArray:
    """Return [rows]: each row's chance that k of its n generations include a correct one.

    Args:
        correct: [rows], the number of correct generations.
        n: Generations a row.
        k: 1 <= k <= n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    chances: FloatArray = 1.0 - _all_wrong(n, k)[correct]
    return chances


def best_of(scores: FloatArray, k: int) -> FloatArray:
    """Return [rows]: the expected best score of k of the row's n generations, drawn without replacement.

    For scores of 0 and 1, its mean is pass@k.

    Args:
        scores: [rows, n].
        k: 1 <= k <= n.
    """
    n = scores.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    # The i-th smallest is the best of a draw if the other k - 1 come from the i - 1 smaller ones.
    chances = np.array([math.comb(i - 1, k - 1) / math.comb(n, k) for i in range(1, n + 1)])
    best: FloatArray = np.sort(scores, axis=1) @ chances
    return best


def _all_wrong(n: int, k: int) -> FloatArray:
    """Return [n + 1]: C(n - c, k) / C(n, k), the chance that all k are wrong, by the number c of correct ones."""
    correct = np.arange(n + 1)
    chances = np.ones(n + 1)
    for drawn in range(k):
        chances *= np.maximum(n - correct - drawn, 0) / (n - drawn)
    return chances
