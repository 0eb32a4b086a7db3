"""As few seeds as it takes: when a mean is known well enough to stop."""

from __future__ import annotations

import math

from northstar.metrics.arrays import FloatArray
from northstar.metrics.quantiles import ONE_SIDED_95

FEWEST_SEEDS = 4
FEWEST_GENERATIONS = 600
ODD_GENERATIONS = 4  # taken to disagree with their rows beyond those that do


def fewest_seeds(rows: int) -> int:
    """Return how many seeds come before the first look: 4, or as many as give 600 generations.

    With fewer, a rule that stops as soon as the spread looks small stops where it looks small by luck, which is where
    the mean looks extreme.

    >>> [fewest_seeds(rows) for rows in (30, 198, 500, 12032)]
    [4, 4, 2, 1]
    """
    return min(FEWEST_SEEDS, math.ceil(FEWEST_GENERATIONS / rows))


def cautious_variance(scores: FloatArray) -> float:
    """Return an upper bound of w: its estimate, 1.645 of its standard errors over rows, and four odd generations.

    The last keep rows that agree so far from counting as certain. With one generation a row w is at most m (1 - m),
    taken at the mean nearest to 1/2 that the scores allow.

    Args:
        scores: [rows, k], 0..1.
    """
    n, k = scores.shape
    if k == 1:
        return _bound_of_one(float(scores.mean()), n)
    by_row = scores.var(axis=1, ddof=1)
    over_rows = float(by_row.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.25
    return float(by_row.mean() + ONE_SIDED_95 * over_rows + ODD_GENERATIONS / (n * k))


def known_well_enough(scores: FloatArray, error: float) -> bool:
    """Return whether the standard error over seeds is at most `error`, a fraction, from enough seeds to say so."""
    n, k = scores.shape
    return bool(k >= fewest_seeds(n) and cautious_variance(scores) <= n * k * error**2)


def _bound_of_one(mean: float, n: int) -> float:
    mean = (mean * n + ODD_GENERATIONS / 2.0) / (n + ODD_GENERATIONS)
    towards_half = ONE_SIDED_95 * math.sqrt(mean * (1.0 - mean) / n)
    mean = min(0.5, mean + towards_half) if mean < 0.5 else max(0.5, mean - towards_half)
    return mean * (1.0 - mean)
