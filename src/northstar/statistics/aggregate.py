"""The weighted mean of independent numbers, with an interval that their intervals give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Estimate(NamedTuple):
    """A number and its interval."""

    value: float
    low: float
    high: float


def weighted_mean(parts: Sequence[tuple[float, Estimate]]) -> Estimate:
    """Return the mean of estimates by their weights, with the interval propagated from theirs.

    The distances from a mean to its limits add up by squares, the lower ones for the lower limit and the upper ones for
    the upper (Zou and Donner 2008, "Construction of confidence limits about effect measures"). So an interval that is
    not symmetric, as near 0 and 1, stays so, and of a single part it is the part's own. The parts must be independent:
    no row may be in two of them.

    Args:
        parts: Weight → estimate; the weights need not sum to 1.

    >>> weighted_mean([(1.0, Estimate(0.5, 0.25, 0.75)), (1.0, Estimate(1.0, 1.0, 1.0))])
    Estimate(value=0.75, low=0.625, high=0.875)
    """
    total = math.fsum(weight for weight, _ in parts)
    shares = [weight / total for weight, _ in parts]
    each = [estimate for _, estimate in parts]
    value = math.fsum(share * one.value for share, one in zip(shares, each, strict=True))
    below = math.hypot(*(share * (one.value - one.low) for share, one in zip(shares, each, strict=True)))
    above = math.hypot(*(share * (one.high - one.value) for share, one in zip(shares, each, strict=True)))
    return Estimate(value, value - below, value + above)
