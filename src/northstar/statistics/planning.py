"""How many seeds tell a difference, and what they cost."""

from __future__ import annotations

import math

from northstar.metrics.quantiles import one_sided, two_sided
from northstar.statistics.verdict import PRINTED_VARIANCE


def seeds_to_tell(
    difference: float,
    w: float,
    rows: int,
    *,
    published: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int | None:
    """Return the generations a row at which a true difference is called different with this probability.

    Args:
        difference: A fraction, not 0.
        w: The variance of a generation's score around its row's rate (`within_row_variance`).
        rows: The number of rows.
        published: The variance of a published value to compare with; None to compare two runs of as many seeds each.
        power: The probability.
        alpha: The level of the two-sided test.

    Returns:
        None where the published value's own noise is too large for any number of seeds.

    >>> seeds_to_tell(0.01, 0.1, 30)
    524
    """
    needed = (abs(difference) / (two_sided(alpha) + one_sided(power))) ** 2
    if published is None:
        return max(1, math.ceil(2.0 * w / (rows * needed)))
    room = needed - published - PRINTED_VARIANCE
    return max(1, math.ceil(w / (rows * room))) if room > 0 else None


def difference_told(w: float, rows: int, k: int, *, published: float | None = None, power: float = 0.8) -> float:
    """Return the smallest true difference that k generations a row tell with this probability (`seeds_to_tell`)."""
    own = w / (rows * k)
    variance = 2.0 * own if published is None else own + published + PRINTED_VARIANCE
    return (two_sided(0.05) + one_sided(power)) * math.sqrt(variance)


def seeds_for_error(error: float, w: float, rows: int) -> int:
    """Return the generations a row at which the standard error over seeds is at most `error`, a fraction."""
    return max(1, math.ceil(w / (rows * error**2)))
