from __future__ import annotations

import pytest
from scipy.stats import t as student

from northstar.metrics.quantiles import holm, p_of, students, two_sided


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 10, 11, 29, 30, 31, 32, 12031])
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.2])
def test_students_quantile_is_that_of_scipy(freedom: int, alpha: float) -> None:
    assert students(alpha, freedom) == pytest.approx(student.ppf(1 - alpha / 2, freedom), rel=1e-5)


def test_a_quantile_has_its_own_p() -> None:
    assert p_of(two_sided(0.01)) == pytest.approx(0.01)


def test_holm_tries_the_smallest_p_hardest() -> None:
    assert holm([0.02, 0.01, 0.5]) == [(True, 0.025), (True, pytest.approx(0.05 / 3)), (False, 0.05)]


def test_after_one_failure_holm_rejects_nothing_more() -> None:
    assert [found for found, _ in holm([0.03, 0.04, 0.045])] == [False, False, False]
