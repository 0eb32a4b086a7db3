"""The noise of the seeds: how far a mean over the same rows moves when they are asked again."""

from __future__ import annotations

import math

import numpy as np

from northstar.metrics.arrays import FloatArray


def weights_of(rows: int, weights: FloatArray | None) -> FloatArray:
    """Return [rows] that sum to 1: the part each row has in the mean.

    >>> weights_of(2, np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    if weights is None:
        return np.full(rows, 1.0 / rows)
    shares: FloatArray = weights / weights.sum()
    return shares


def within_row_variance(scores: FloatArray, weights: FloatArray | None = None) -> float | None:
    """Return w, the variance of one generation's score around its row's rate; None for one generation a row.

    A mean over n rows with k generations each has the variance w / (n k) over seeds. With equal weights w is the mean
    of the rows' unbiased sample variances.

    Args:
        scores: [rows, k], 0..1.
        weights: [rows], for rows that count differently in the mean.

    >>> within_row_variance(np.array([[1.0, 0.0], [1.0, 1.0]]))
    0.25
    """
    n, k = scores.shape
    if k == 1:
        return None
    shares = weights_of(n, weights)
    return float(n * (shares**2 * scores.var(axis=1, ddof=1)).sum())


def greatest_variance(mean: float, k: int, passed: float | None = None, *, uneven: float = 1.0) -> float:
    """Return what w can be at most, for rows known by their mean alone.

    A row's sample variance is k/(k-1) q (1 - q) with q its mean; the mean of q² is at least mean² / passed, since only
    the rows that passed once have any (Cauchy-Schwarz). The variance of rates is never above mean (1 - mean).

    Args:
        mean: Of the scores, 0..1.
        k: Generations a row, of which `mean` is the mean.
        passed: pass@k, 0..1; None if it is not known.
        uneven: n times the largest row's weight: 1 where all rows count the same.

    >>> round(greatest_variance(0.5, 16), 4)
    0.25
    >>> round(greatest_variance(0.5, 16, passed=0.75), 4)
    0.1778
    """
    mean = min(max(mean, 0.0), 1.0)
    bound = mean * (1.0 - mean)
    if passed is not None and k > 1 and passed > 0:
        bound = min(bound, k / (k - 1) * mean * (1.0 - min(1.0, mean / passed)))
    return uneven * bound


def variance_or_bound(scores: FloatArray, weights: FloatArray | None = None) -> tuple[float, bool]:
    """Return w, and whether it is only a bound: m (1 - m), as one generation a row says nothing of its spread."""
    w = within_row_variance(scores, weights)
    if w is not None:
        return w, False
    shares = weights_of(len(scores), weights)
    return greatest_variance(float(shares @ scores[:, 0]), 1, uneven=float(len(scores) * shares.max())), True


def error_over_seeds(w: float, rows: int, k: int) -> float:
    """Return the standard error of a mean of rows × k scores when only the seeds change."""
    return math.sqrt(w / (rows * k))
