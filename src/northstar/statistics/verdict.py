"""Whether a measured number agrees with a published one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from northstar.metrics.quantiles import ONE_SIDED_95, p_of

PRINTED_VARIANCE = 0.0001**2 / 12.0  # published values are printed to 0.01 points: uniform, of that width


class Finding(Enum):
    """What can be said of a difference; `margin` is the largest that doesn't matter."""

    AGREES = "agrees"
    DIFFERS = "differs"
    DIFFERS_WITHIN_MARGIN = "differs, by less than the margin"
    TOO_FEW = "too few generations to tell"
    UNSETTLEABLE = "consistent, unsettleable"


@dataclass(frozen=True)
class Difference:
    """Measured less published, with the variance of both; all in fractions.

    Attributes:
        value: The difference.
        own: The variance of the measured side.
        published: The variance of the published side, its own generations being as few as they are.
        k: Generations a row on the measured side, with which `own` shrinks.
    """

    value: float
    own: float
    published: float
    k: int

    def error(self, k: float | None = None) -> float:
        """Return the standard error of the difference, for k generations a row (all there are unless given)."""
        own = self.own if k is None else self.own * self.k / k
        return math.sqrt(own + self.published + PRINTED_VARIANCE)

    @property
    def p(self) -> float:
        """Of no difference, two-sided."""
        return p_of(self.value / self.error())

    @property
    def margin_to_agree(self) -> float:
        """The smallest margin at which the two would agree."""
        return abs(self.value) + ONE_SIDED_95 * self.error()


@dataclass(frozen=True)
class Verdict:
    """The finding, and what would change it.

    Attributes:
        finding: One of five.
        k_to_tell: With TOO_FEW, the generations a row that would tell a difference of this size.
        margin_to_agree: With UNSETTLEABLE, the smallest margin at which the two would agree.
    """

    finding: Finding
    k_to_tell: int | None = None
    margin_to_agree: float | None = None


def settle(difference: Difference, *, margin: float, z: float) -> Verdict:
    """Return what can be said of a difference.

    Agreement is shown by two one-sided tests at 5 % (Schuirmann 1987), a difference by a two-sided one. Where neither
    succeeds, more generations may tell; not where the published side's own noise exceeds the margin.

    Args:
        margin: The largest difference that doesn't matter, a fraction.
        z: The two-sided quantile at the level of this test among those of its table (see `holm`).
    """
    size, error = abs(difference.value), difference.error()
    agrees, differs = difference.margin_to_agree < margin, size > z * error
    if agrees and differs:
        return Verdict(Finding.DIFFERS_WITHIN_MARGIN)
    if agrees or differs:
        return Verdict(Finding.AGREES if agrees else Finding.DIFFERS)
    k = _k_to_tell(difference, margin, z)
    if k is None or ONE_SIDED_95 * difference.error(math.inf) >= margin:
        return Verdict(Finding.UNSETTLEABLE, margin_to_agree=difference.margin_to_agree)
    return Verdict(Finding.TOO_FEW, k_to_tell=k)


def _k_to_tell(difference: Difference, margin: float, z: float) -> int | None:
    """Return the fewest generations a row at which a difference of this size agrees or differs; None if none do."""
    size = abs(difference.value)
    error = max((margin - size) / ONE_SIDED_95, size / z)  # it tells below this error
    room = error**2 - difference.published - PRINTED_VARIANCE
    if room <= 0 or difference.own <= 0:
        return None
    return math.floor(difference.own * difference.k / room) + 1
