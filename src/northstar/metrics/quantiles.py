"""Quantiles of the normal and of Student's distribution, and Holm's correction for several tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

_NORMAL = NormalDist()
ONE_SIDED_95 = _NORMAL.inv_cdf(0.95)
_EXACT_TO = 30


def two_sided(alpha: float) -> float:
    """Return the z that a normal variable exceeds in size with probability alpha.

    >>> round(two_sided(0.05), 3)
    1.96
    """
    return _NORMAL.inv_cdf(1.0 - alpha / 2.0)


def one_sided(probability: float) -> float:
    """Return the z below which a normal variable lies with this probability."""
    return _NORMAL.inv_cdf(probability)


def students(alpha: float, freedom: int) -> float:
    """Return the t that Student's variable with `freedom` degrees exceeds in size with probability alpha.

    Up to 30 degrees by halving on the exact distribution, above them by Fisher's expansion, to seven digits
    (Abramowitz and Stegun 26.7.3 to 26.7.5).

    >>> round(students(0.05, 29), 3)
    2.045
    """
    z = two_sided(alpha)
    if freedom > _EXACT_TO:
        terms = (
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
            (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
        )
        return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))
    low, high = 0.0, 1.0
    while _students_within(high, freedom) < 1.0 - alpha:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _students_within(middle, freedom) < 1.0 - alpha else (low, middle)
    return high


def _students_within(t: float, freedom: int) -> float:
    """Return the probability that Student's variable is at most t in size."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for i in range(1 + odd, freedom, 2):
        total += term
        term *= cosine**2 * i / (i + 1)
    return 2.0 / math.pi * (angle + sine * total) if odd else sine * total


def p_of(z: float) -> float:
    """Return the probability that a normal variable exceeds |z| in size."""
    return 2.0 * _NORMAL.cdf(-abs(z))


def holm(p_values: Sequence[float], alpha: float = 0.05) -> list[tuple[bool, float]]:
    """Return for each test whether it is significant, and the level at which Holm's procedure tried it.

    The smallest p is tried at alpha / m, the next at alpha / (m - 1), …, until one fails (Holm 1979); those after it
    fail with it, at its level.

    >>> holm([0.04, 0.001])
    [(True, 0.05), (True, 0.025)]
    >>> holm([0.04, 0.03])
    [(False, 0.025), (False, 0.025)]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    results = [(False, alpha)] * len(p_values)
    going, level = True, alpha
    for rank, i in enumerate(order):
        if going:
            level = alpha / (len(p_values) - rank)
            going = p_values[i] < level
        results[i] = (going, level)
    return results
