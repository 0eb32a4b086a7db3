"""How much a score varies over seeds and over rows. Undefined values are None."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from northstar.metrics.arrays import FloatArray
from northstar.metrics.quantiles import students


def statistics(scores: FloatArray, weights: FloatArray | None = None) -> dict[str, Any]:
    """Return all statistics of scores [rows, k] by name; `weights` [rows] for rows that count differently."""
    interval = interval_95(scores, weights)
    of_seeds = np.average(scores, axis=0, weights=weights, keepdims=True)
    return {
        "avg": float(of_seeds.mean()),
        "std_dev_across_runs": standard_deviation_over_seeds(of_seeds),
        "std_err_across_runs": standard_error_over_seeds(of_seeds),
        "avg_sample_std_dev": mean_deviation_of_rows(scores),
        "ci95": None if interval is None else list(interval),
    }


def standard_deviation_over_seeds(scores: FloatArray) -> float | None:
    """Return the sample standard deviation (n - 1) of the k per-seed means of [rows, k]; None for one seed."""
    return _deviation(scores.mean(axis=0))


def standard_error_over_seeds(scores: FloatArray) -> float | None:
    """Return the standard deviation over seeds, divided by the square root of their number."""
    deviation = standard_deviation_over_seeds(scores)
    return None if deviation is None else deviation / math.sqrt(scores.shape[1])


def mean_deviation_of_rows(scores: FloatArray) -> float | None:
    """Return the mean over rows of the sample standard deviation of the row's k scores; None for one seed."""
    return float(scores.std(axis=1, ddof=1).mean()) if scores.shape[1] > 1 else None


def interval_95(scores: FloatArray, weights: FloatArray | None = None) -> tuple[float, float] | None:
    """Return the 95% confidence interval of the mean score, clustered by row; None for one row.

    A row's generations are not independent, so the standard error is that of the row means (Miller 2024, "Adding Error
    Bars to Evals", section 2.2). It gives the number of independent scores that would be as uncertain, and these give
    Wilson's interval, which holds for few rows and near 0 and 1 as well, where mean ± 1.96 errors is too narrow.

    Args:
        scores: [rows, k].
        weights: [rows], the number of parts per row. The mean is then a ratio, whose error is that of the residuals
            (Cochran 1977, "Sampling Techniques", section 6.4).
    """
    return interval_of_rows(scores.mean(axis=1), weights, scores.size)


def interval_of_rows(means: FloatArray, weights: FloatArray | None, generations: int) -> tuple[float, float] | None:
    """Return `interval_95` from the means of the rows; `generations`: how many there are in all rows."""
    n = len(means)
    mean = float(np.average(means, weights=weights))
    rest = means - mean
    deviation = _deviation(rest if weights is None else rest * weights / weights.mean())
    if deviation is None:
        return None
    variance, error = mean * (1.0 - mean), deviation / math.sqrt(n)
    # No more than there are generations; of rows that all agree, no more than there are rows.
    independent = min(variance / error**2, generations) if error and variance > 0 else n
    return _wilson(mean, independent * max(n - 2, 1) / n, students(0.05, n - 1))


def _wilson(mean: float, n: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a mean of n scores of 0 and 1."""
    squared = quantile**2
    mean = min(max(mean, 0.0), 1.0)
    middle = (mean + squared / (2 * n)) / (1 + squared / n)
    half = quantile / (1 + squared / n) * math.sqrt(mean * (1 - mean) / n + squared / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _deviation(values: FloatArray) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None
