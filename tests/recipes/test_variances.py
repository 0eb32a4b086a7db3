"""The noise of both sides of a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.categories import CategoryMetrics, Group
from northstar.metrics.quantiles import two_sided
from northstar.metrics.row_means import RowMean
from northstar.metrics.scores import Scores
from northstar.recipes.recipe import Published
from northstar.recipes.variances import variances_of_mean
from northstar.statistics.verdict import Difference, Finding, settle

DIFFERENT = (Finding.DIFFERS, Finding.DIFFERS_WITHIN_MARGIN)
LABELS = ["small"] * 10 + ["large"] * 1000


def composite(values: np.ndarray) -> RowMean:
    metrics = CategoryMetrics(
        "correct", subset="category", groups=[Group("overall", ("small", "large"))], table=["overall"]
    )
    scores = Scores({"correct": values}, None, np.ones(values.shape), [], labels=LABELS)
    return metrics.row_means(scores)["overall"]


def test_one_generation_of_a_mean_of_categories_is_bounded_category_by_category() -> None:
    values = np.array([[1.0]] * 5 + [[0.0]] * 5 + [[1.0]] * 500 + [[0.0]] * 500)
    value = Published(metric="overall", value=50, n=1010, k=1)
    own, published, note = variances_of_mean(value, None, composite(values), LABELS, cold=False)
    assert own == pytest.approx(0.25 * 0.25 / 10 + 0.25 * 0.25 / 1000)
    assert published == pytest.approx(own)
    assert "one generation a row" in note


def test_a_category_whose_few_rows_are_all_right_keeps_some_noise() -> None:
    values = np.array([[1.0]] * 1010)
    value = Published(metric="overall", value=99, n=1010, k=1)
    own, _, _ = variances_of_mean(value, None, composite(values), LABELS, cold=False)
    assert own > 0.25 * (11 / 12 * 1 / 12) / 10


def test_a_simulated_composite_varies_over_seeds_as_it_is_said_to() -> None:
    random = np.random.default_rng(0)
    rates = random.beta(0.5, 0.5, size=(1010, 1))
    weights = composite(rates).weights
    assert weights is not None
    drawn = (random.random((400, 1010, 4)) < rates).astype(float)
    value = Published(metric="overall", value=50, n=1010, k=4)
    said = [variances_of_mean(value, None, RowMean(each, weights), LABELS, cold=False)[0] for each in drawn[:20]]
    means = [RowMean(each, weights).mean for each in drawn]
    assert np.mean(said) == pytest.approx(np.var(means), rel=0.2)


def test_published_generations_are_fewer_or_more_than_ones_own() -> None:
    values = np.array([[1.0, 0.0], [1.0, 1.0]] * 50)
    value = Published(metric="correct", value=75, n=100, k=16)
    own, published, _ = variances_of_mean(value, None, RowMean(values), None, cold=False)
    assert own == pytest.approx(0.25 / 200)
    assert published == pytest.approx(0.1875 / 1600)  # 0.75 (1 - 0.75), the bound, is less than 0.25


def test_a_replayed_model_of_the_published_rates_is_rarely_called_different() -> None:
    """At 5 %, over 1,000 pairs of a published mean of 16 seeds and a run of 4 of the same rates of 200 rows."""
    random = np.random.default_rng(0)
    rates = random.beta(0.6, 0.4, size=(200, 1))
    alarms = 0
    for _ in range(1000):
        there, here = ((random.random((200, k)) < rates).astype(float) for k in (16, 4))
        value = Published(metric="correct", value=round(100 * float(there.mean()), 2), n=200, k=16)
        passed = 100 * float(there.max(axis=1).mean())
        own, published, _ = variances_of_mean(value, passed, RowMean(here), None, cold=False)
        difference = Difference(float(here.mean()) - value.value / 100, own, published, 4)
        alarms += settle(difference, margin=0.01, z=two_sided(0.05)).finding in DIFFERENT
    assert 30 <= alarms <= 70
