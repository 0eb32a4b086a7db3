from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.quantiles import two_sided
from northstar.statistics.noise import error_over_seeds, greatest_variance, within_row_variance
from northstar.statistics.verdict import Difference, Finding, settle
from tests.statistics.simulated import rates, scores

Z = two_sided(0.05)


def finding(points: float, own: float, published: float, *, k: int = 16, margin: float = 0.01) -> Finding:
    """Settle a difference in points with standard errors in points."""
    return settle(Difference(points / 100, (own / 100) ** 2, (published / 100) ** 2, k), margin=margin, z=Z).finding


@pytest.mark.parametrize(
    ("points", "own", "published", "expected"),
    [
        (0.1, 0.2, 0.2, Finding.AGREES),
        (3.0, 0.5, 0.5, Finding.DIFFERS),
        (-3.0, 0.5, 0.5, Finding.DIFFERS),
        (0.5, 0.1, 0.1, Finding.DIFFERS_WITHIN_MARGIN),
        (0.2, 1.0, 0.3, Finding.TOO_FEW),
        (0.2, 0.5, 1.0, Finding.UNSETTLEABLE),
    ],
)
def test_a_difference_is_settled_by_its_size_and_errors(
    points: float, own: float, published: float, expected: Finding
) -> None:
    assert finding(points, own, published) is expected


def test_the_number_of_generations_named_tells_and_one_less_does_not() -> None:
    def difference(k: int) -> Difference:
        return Difference(0.002, own=0.0064 / k, published=0.003**2, k=k)

    verdict = settle(difference(16), margin=0.01, z=Z)
    assert verdict.finding is Finding.TOO_FEW
    assert verdict.k_to_tell is not None
    assert settle(difference(verdict.k_to_tell), margin=0.01, z=Z).finding is Finding.AGREES
    assert settle(difference(verdict.k_to_tell - 1), margin=0.01, z=Z).finding is Finding.TOO_FEW


def test_where_the_published_noise_decides_the_margin_at_which_both_agree_is_named() -> None:
    difference = Difference(0.002, own=0.005**2, published=0.01**2, k=16)
    verdict = settle(difference, margin=0.01, z=Z)
    assert verdict.k_to_tell is None
    assert verdict.margin_to_agree is not None
    assert settle(difference, margin=verdict.margin_to_agree + 1e-9, z=Z).finding is Finding.AGREES
    assert settle(difference, margin=verdict.margin_to_agree - 1e-9, z=Z).finding is not Finding.AGREES


def test_a_difference_that_no_number_of_generations_settles_is_not_said_to_need_more() -> None:
    # 0.6 points with a published error of 0.35: at the margin of 1 neither test can ever succeed.
    assert settle(Difference(0.006, 0.005**2, 0.0035**2, 16), margin=0.01, z=Z).finding is Finding.UNSETTLEABLE


def test_printing_to_a_hundredth_of_a_point_is_part_of_the_error() -> None:
    assert Difference(0.0, 0.0, 0.0, 1).error() == pytest.approx(0.0001 / np.sqrt(12))


@pytest.mark.parametrize("mean", [0.1, 0.5, 0.85])
@pytest.mark.parametrize("rows", [30, 500])
def test_a_model_with_the_published_rates_is_seldom_called_different(rows: int, mean: float) -> None:
    assert share_called_different(rows, mean, moved=0.0) <= 0.07


def test_a_model_moved_by_five_points_is_called_different() -> None:
    assert share_called_different(500, 0.6, moved=0.05) >= 0.95


def share_called_different(rows: int, mean: float, moved: float) -> float:
    """Return how often a replayed model is called different from values published for k = 16, at 8 of ours."""
    random = np.random.default_rng(3)
    different, trials = 0, 1000
    for of_rows in rates(random, trials, rows, mean, 1.0):
        there, here = scores(random, of_rows, 16), scores(random, np.clip(of_rows + moved, 0, 1), 8)
        w = within_row_variance(here)
        assert w is not None
        bound = greatest_variance(float(there.mean()), 16, float(there.max(axis=1).mean()))
        own, published = error_over_seeds(w, rows, 8) ** 2, error_over_seeds(min(w, bound), rows, 16) ** 2
        printed = round(float(there.mean()), 4)
        verdict = settle(Difference(float(here.mean()) - printed, own, published, 8), margin=0.01, z=Z)
        different += verdict.finding in (Finding.DIFFERS, Finding.DIFFERS_WITHIN_MARGIN)
    return different / trials
