"""The variances over seeds of both sides of a verdict: a run's, and a published value's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray, IntArray
from northstar.metrics.row_means import RowMean
from northstar.recipes.recipe import Published
from northstar.statistics.noise import greatest_variance, weights_of
from northstar.statistics.resampling import variance_of_majority, variance_of_pass
from northstar.statistics.stopping import variance_to_use

_OF_ONE = "one generation a row: the most that its noise can be is taken"
_ALL_AGREE = "the generations of each row agree: the noise is taken as if four more had disagreed"
Variances = tuple[float, float, str]
"""Of the measured and of the published value, and what to know of them."""


def variances_of_mean(
    value: Published, passed: float | None, metric: RowMean, categories: Sequence[str] | None, *, cold: bool
) -> Variances:
    """Return the variances of two means over the same rows.

    Nobody knows the published side's w: the run's own stands for it, but not above its bound. At temperature 0 the
    run's own is the noise of its server, so that the bound is taken itself.

    Args:
        value: The published one.
        passed: The published pass@k in percent, if known.
        metric: The run's scores.
        categories: [rows] of a mean of categories' means; None of any other.
        cold: Whether the value was published at temperature 0.
    """
    rows, k = metric.values.shape
    shares = weights_of(rows, metric.weights)
    most = value.greatest_variance(passed, rows * float(shares.max()))
    w, all_agree = variance_to_use(metric.values, metric.weights)
    note = _ALL_AGREE if all_agree else _OF_ONE if k == 1 else ""
    if categories is not None:
        of_categories = _bound_of_categories(metric.values, shares, categories)
        most = min(most, of_categories) if cold else most
        if k == 1:
            w, note = of_categories, _OF_ONE
    return w / (rows * k), (most if cold else min(w, most)) / (rows * value.k), note


def variances_of_majority(value: Published, answers: IntArray, scores: FloatArray, *, cold: bool) -> Variances:
    """Return the variances of two majority@k at the same k: the run's own for both, but the bound at temperature 0."""
    own = variance_of_majority(answers, scores)
    return own, greatest_variance(value.value / 100, 1) / len(scores) if cold else own, ""


def variances_of_pass(value: Published, correct: BoolArray, *, cold: bool) -> Variances:
    """Return the variances of two pass@k at the same k: the run's own for both, but the bound at temperature 0."""
    own = variance_of_pass(correct, value.k)
    return own, greatest_variance(value.value / 100, 1) / len(correct) if cold else own, ""


def _bound_of_categories(scores: FloatArray, shares: FloatArray, categories: Sequence[str]) -> float:
    """Return the most that w can be: n Σ c² m (1 - m) over rows, m the mean of the row's category.

    A category's mean has a right and a wrong score added, so that one whose few rows are all right keeps some noise.
    """
    names = np.array(categories, dtype=object)
    total = 0.0
    for name in dict.fromkeys(categories):
        mine = names == name
        mean = (scores[mine].sum() + 1.0) / (scores[mine].size + 2.0)
        total += float((shares[mine] ** 2).sum()) * mean * (1.0 - mean)
    return len(scores) * total
