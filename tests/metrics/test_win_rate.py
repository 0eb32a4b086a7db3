"""The win rate, its interval and the style regression, against computations of another kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from northstar.metrics.win_rate import Wins, controlled_win_rate, win_rate


def drawn(random: np.random.Generator, n: int, constant: float, slopes: tuple[float, ...]) -> Wins:
    """Two verdicts on each of n prompts by a logistic model; a third of them are strong."""
    styles = random.normal(0.2, 0.3, size=(n, len(slopes))).clip(-1, 1)
    rates = expit(constant + styles @ np.array(slopes))
    won, weight = np.zeros(n), np.zeros(n)
    for _ in range(2):
        strength = np.where(random.random(n) < 1 / 3, 3.0, 1.0)
        won += strength * (random.random(n) < rates)
        weight += strength
    return Wins(won, weight, styles)


def test_a_strong_verdict_counts_three_times_and_a_tie_half() -> None:
    wins = Wins(np.array([3.0, 0.5, 0.0]), np.array([4.0, 1.0, 0.0]), np.zeros((3, 4)))
    assert win_rate(wins).value == pytest.approx(3.5 / 5)


def test_the_interval_is_that_of_the_ratio_by_its_residuals() -> None:
    wins = drawn(np.random.default_rng(0), 500, 0.3, (1.0, 0.0, 0.0, 0.0))
    found = win_rate(wins)
    assert found.value is not None
    assert found.interval is not None
    rest = wins.won - found.value * wins.weight  # Cochran 1977, section 6.4
    error = np.sqrt(500 / 499 * (rest**2).sum()) / wins.weight.sum()
    assert found.interval == pytest.approx((found.value - 1.96 * error, found.value + 1.96 * error), abs=0.004)


def test_it_covers_the_rate_95_times_in_100() -> None:
    random, covered = np.random.default_rng(1), 0
    for trial in range(300):
        wins = drawn(random, 120, 0.4, ())
        interval = win_rate(wins, seed=trial).interval
        assert interval is not None
        covered += interval[0] <= expit(0.4) <= interval[1]
    assert 0.91 <= covered / 300 <= 0.98


def test_the_regression_is_the_maximum_of_its_likelihood() -> None:
    wins = drawn(np.random.default_rng(2), 400, 0.3, (1.5, -0.5, 0.0, 0.8))
    scaled = wins.styles / wins.styles.std(axis=0)

    def loss(theta: np.ndarray) -> float:
        logits = theta[0] + scaled @ theta[1:]
        return float(
            (np.logaddexp(0, logits) * wins.weight - wins.won * logits).sum() + 0.5e-3 * (theta[1:] ** 2).sum()
        )

    expected = expit(minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8}).x[0])
    assert controlled_win_rate(wins).value == pytest.approx(expected, abs=1e-6)


def test_style_that_wins_is_taken_out() -> None:
    wins = drawn(np.random.default_rng(3), 4000, 0.0, (3.0, 0.0, 0.0, 0.0))  # equal but for its length
    plain, controlled = win_rate(wins).value, controlled_win_rate(wins)
    assert plain is not None
    assert plain > 0.58
    assert controlled.value == pytest.approx(0.5, abs=0.025)
    assert controlled.interval is not None
    assert controlled.interval[0] < 0.5 < controlled.interval[1]


def test_without_any_difference_of_style_both_rates_are_the_same() -> None:
    wins = Wins(np.array([3.0, 0.5, 0.0, 1.0]), np.array([4.0, 1.0, 2.0, 2.0]), np.zeros((4, 4)))
    assert controlled_win_rate(wins).value == pytest.approx(win_rate(wins).value)


@pytest.mark.parametrize("won", [0.0, 2.0])
def test_all_won_or_all_lost_gives_finite_numbers(won: float) -> None:
    features = np.linspace(-1, 1, 20, dtype=np.float64)[:, None]
    wins = Wins(np.full(20, won, dtype=np.float64), np.full(20, 2.0), features)
    assert win_rate(wins).value == won / 2
    assert controlled_win_rate(wins).value == pytest.approx(won / 2, abs=1e-6)


def test_a_feature_that_parts_wins_from_losses_gives_finite_numbers() -> None:
    features = np.linspace(-1, 1, 20)
    won = np.where(features > 0, 2.0, 0.0)
    found = controlled_win_rate(Wins(won.astype(np.float64), np.full(20, 2.0), features[:, None].astype(np.float64)))
    assert found.value == pytest.approx(0.5, abs=0.01)


def test_without_a_verdict_there_is_no_rate_and_with_one_prompt_no_interval() -> None:
    nothing = Wins(np.zeros(3), np.zeros(3), np.zeros((3, 4)))
    assert (win_rate(nothing).value, controlled_win_rate(nothing).value) == (None, None)
    one = Wins(np.array([2.0, 0.0]), np.array([2.0, 0.0]), np.zeros((2, 4)))
    assert (win_rate(one).value, win_rate(one).interval) == (1.0, None)


def test_the_same_verdicts_give_the_same_interval() -> None:
    wins = drawn(np.random.default_rng(4), 50, 0.0, (1.0,))
    assert win_rate(wins) == win_rate(wins)
