"""As few seeds as it takes: when a mean is known well enough to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass

from northstar.metrics.arrays import FloatArray
from northstar.metrics.quantiles import ONE_SIDED_95
from northstar.statistics.noise import error_over_seeds, greatest_variance, variance_or_bound, weights_of
from northstar.statistics.planning import seeds_for_error

FEWEST_SEEDS = 4
FEWEST_GENERATIONS = 600
ROUNDING = 1e-9
"""A variance that is rounding alone."""
ODD_GENERATIONS = 4  # taken to disagree with their rows beyond those that do


def fewest_seeds(rows: int) -> int:
    """Return how many seeds come before the first look: 4, or as many as give 600 generations.

    With fewer, a rule that stops as soon as the spread looks small stops where it looks small by luck, which is where
    the mean looks extreme.

    >>> [fewest_seeds(rows) for rows in (30, 198, 500, 12032)]
    [4, 4, 2, 1]
    """
    return min(FEWEST_SEEDS, math.ceil(FEWEST_GENERATIONS / rows))


def rows_that_count(rows: int, weights: FloatArray | None = None) -> int:
    """Return the number of rows, or for uneven weights of equal ones that make a mean as noisy (Kish 1965).

    >>> import numpy as np
    >>> rows_that_count(3, np.array([1.0, 1.0, 0.0]))
    2
    """
    return max(1, int(1.0 / (weights_of(rows, weights) ** 2).sum() + 1e-9))


def cautious_variance(scores: FloatArray, weights: FloatArray | None = None) -> float:
    """Return an upper bound of w: its estimate, 1.645 of its standard errors over rows, and four odd generations.

    The last keep rows that agree so far from counting as certain; they are taken to be of rows that count as much as
    those from which the variance comes. With one generation a row w is at most m (1 - m), taken at the mean nearest to
    1/2 that the scores allow.

    Args:
        scores: [rows, k], 0..1.
        weights: [rows], for rows that count differently in the mean.
    """
    n, k = scores.shape
    parts = n * weights_of(n, weights)
    if k == 1:
        mean = float((parts * scores[:, 0]).mean())
        return float(parts.max()) * _bound_of_one(mean, rows_that_count(n, weights))
    by_row = parts**2 * scores.var(axis=1, ddof=1)
    over_rows = float(by_row.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.25
    odd = ODD_GENERATIONS * float((parts**4).mean() / (parts**2).mean()) / (n * k)
    return float(by_row.mean() + ONE_SIDED_95 * over_rows + odd)


def variance_to_use(scores: FloatArray, weights: FloatArray | None = None) -> tuple[float, bool]:
    """Return w (its bound, from one generation a row), and whether all generations of each row agree.

    Where they do the estimate is 0, which so many generations cannot show: then it is the cautious variance.
    """
    w, _ = variance_or_bound(scores, weights)
    return (cautious_variance(scores, weights), True) if w < ROUNDING else (w, False)


def known_well_enough(scores: FloatArray, error: float, weights: FloatArray | None = None) -> bool:
    """Return whether the standard error over seeds is at most `error`, a fraction, from enough seeds to say so."""
    n, k = scores.shape
    first = fewest_seeds(rows_that_count(n, weights))
    return bool(k >= first and cautious_variance(scores, weights) <= n * k * error**2)


@dataclass(frozen=True)
class Look:
    """What the seeds so far say of a mean.

    Attributes:
        seeds: Their number.
        error: The standard error over seeds, by the cautious variance, as a fraction.
        enough: Whether these, or fewer of them, were known well enough.
        needed: About how many it takes, at least `seeds`.
    """

    seeds: int
    error: float
    enough: bool
    needed: int


def look(scores: FloatArray, error: float, weights: FloatArray | None = None, *, first: int = 1) -> Look:
    """Look at the mean after each number of seeds from `first` on, and stop at the first at which it is known.

    What a look says depends on the order of the seeds alone, so seeds that were begun before the rule stopped change
    nothing, and neither does a look that comes late.

    Args:
        scores: [rows, k], the seeds in order.
        error: The standard error wanted, a fraction.
        weights: [rows], for rows that count differently in the mean.
        first: The fewest seeds to stop at.
    """
    n, k = scores.shape
    enough = any(known_well_enough(scores[:, :seen], error, weights) for seen in range(max(1, first), k + 1))
    w = cautious_variance(scores, weights)
    needed = k if enough else max(k + 1, seeds_for_error(error, w, n))
    return Look(k, error_over_seeds(w, n, k), enough, needed)


def begun_at_most(seen: Look) -> int:
    """Return how many seeds may be begun after a look, so that a server need not wait for the last answer of each.

    That is half of those that it still takes, for the estimate is cautious and shrinks with every seed; or an eighth of
    those that are there, since so few too many cost little.

    >>> begun_at_most(Look(4, 0.02, False, 24)), begun_at_most(Look(24, 0.01, False, 30))
    (14, 27)
    >>> begun_at_most(Look(24, 0.01, False, 25)), begun_at_most(Look(24, 0.007, True, 24))
    (25, 24)
    """
    more = seen.needed - seen.seeds
    ahead = min(more, max(math.ceil(more / 2), math.ceil(seen.seeds / 8)))
    return seen.seeds if seen.enough else seen.seeds + ahead


def begun_before_a_look(total: float, generations: int, error: float, rows: int) -> int:
    """Return how many seeds may be begun before the first look: a quarter of what the bound m (1 - m) would take.

    No benchmark of the tutorial's tables has so little noise as a quarter of its bound.

    Args:
        total: The sum of the scores so far, of whichever generations were graded first.
        generations: Their number; of less than one a row nothing is concluded.
        error: The standard error wanted, a fraction.
        rows: The number of rows.

    >>> begun_before_a_look(210.0, 300, 0.016, 30), begun_before_a_look(7.0, 10, 0.016, 30)
    (7, 0)
    """
    if generations < rows:
        return 0
    mean = (total + ODD_GENERATIONS / 2.0) / (generations + ODD_GENERATIONS)
    return seeds_for_error(error, greatest_variance(mean, 1), rows) // 4


def _bound_of_one(mean: float, n: int) -> float:
    mean = (mean * n + ODD_GENERATIONS / 2.0) / (n + ODD_GENERATIONS)
    towards_half = ONE_SIDED_95 * math.sqrt(mean * (1.0 - mean) / n)
    mean = min(0.5, mean + towards_half) if mean < 0.5 else max(0.5, mean - towards_half)
    return mean * (1.0 - mean)
