"""The difference between two runs over the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray
from northstar.metrics.quantiles import students, two_sided
from northstar.statistics.noise import weights_of
from northstar.statistics.sign_flips import sign_flip_p


@dataclass(frozen=True)
class PairedDifference:
    """How far the second run's mean lies above the first's; all in fractions.

    Attributes:
        rows: The number of rows that both have.
        difference: Second less first.
        error: The standard error over rows, of which the benchmark is a sample; None for one row.
        interval: 95 %, over rows: what to expect of other rows of the kind; None for one row.
        p: Of no difference, by flipping the signs of rows.
        error_here: The standard error over seeds alone, for these rows; None where both runs have one generation a row.
        interval_here: 95 %, for these rows alone; None likewise.
    """

    rows: int
    difference: float
    error: float | None
    interval: tuple[float, float] | None
    p: float
    error_here: float | None
    interval_here: tuple[float, float] | None


def paired_difference(first: FloatArray, second: FloatArray, weights: FloatArray | None = None) -> PairedDifference:
    """Compare two runs row by row (Miller 2024, "Adding Error Bars to Evals", section 4.2).

    A row's generations are not independent, so a row counts once: by the difference of its means over seeds.

    Args:
        first: [rows, k], 0..1.
        second: [rows, j]: the same rows in the same order.
        weights: [rows], for rows that count differently in the mean.

    Raises:
        ValueError: There are no rows, or not the same number in both.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"{len(first)} and {len(second)} rows cannot be paired")
    n = len(first)
    shares = n * weights_of(n, weights)
    by_row = second.mean(axis=1) - first.mean(axis=1)
    difference = float((shares * by_row).mean())
    error = None if n == 1 else float((shares * (by_row - difference)).std(ddof=1)) / math.sqrt(n)
    here = _error_here(first, second, shares)
    return PairedDifference(
        rows=n,
        difference=difference,
        error=error,
        interval=None if error is None else _around(difference, students(0.05, n - 1) * error),
        p=sign_flip_p(shares * by_row, parts=first.shape[1] * second.shape[1]),
        error_here=here,
        interval_here=None if here is None else _around(difference, two_sided(0.05) * here),
    )


def _error_here(first: FloatArray, second: FloatArray, shares: FloatArray) -> float | None:
    """Return the standard error over seeds; the other run's spread stands for that of one with a single seed."""
    spreads = [scores.var(axis=1, ddof=1) if scores.shape[1] > 1 else None for scores in (first, second)]
    known = [spread for spread in spreads if spread is not None]
    if not known:
        return None
    variance = np.zeros(len(first))
    for scores, spread in zip((first, second), spreads, strict=True):
        variance += (known[0] if spread is None else spread) / scores.shape[1]
    return float(np.sqrt((shares**2 * variance).sum())) / len(first)


def _around(middle: float, half: float) -> tuple[float, float]:
    return max(-1.0, middle - half), min(1.0, middle + half)
