"""The rate at which one model's answers win against another's, with and without the part that style has in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray

DRAWS, STYLE_DRAWS = 2000, 200
"""Resamplings of the prompts for an interval of the rate, and of the rate at equal style, which costs a fit each."""
_STEPS, _RIDGE, _LARGEST = 30, 1e-3, 30.0


@dataclass(frozen=True)
class Wins:
    """What verdicts say of a model's answers to n prompts.

    Attributes:
        won: [n], the weighted wins of each prompt; a tie is half a win.
        weight: [n], the weight of all verdicts on each prompt; 0 where there is none.
        styles: [n, features], how the style of the answers differs from the others', each from -1 to 1.
    """

    won: FloatArray
    weight: FloatArray
    styles: FloatArray

    @property
    def rate(self) -> float | None:
        """Return the share of the weight that is won; None without any verdict."""
        total = float(self.weight.sum())
        return float(self.won.sum()) / total if total else None


@dataclass(frozen=True)
class WinRate:
    """A rate from 0 to 1 with its 95% interval over prompts; None where there is no verdict, or a single prompt."""

    value: float | None
    interval: tuple[float, float] | None


def win_rate(wins: Wins, *, seed: int = 0) -> WinRate:
    """Return the win rate, with a bootstrap interval: prompts are drawn anew, each with all of its verdicts."""
    counts = _draws(wins, DRAWS, seed)
    return WinRate(wins.rate, None if counts is None else _interval(counts @ wins.won, counts @ wins.weight))


def controlled_win_rate(wins: Wins, *, seed: int = 0) -> WinRate:
    """Return the win rate at the other's style: that of the regression where no feature differs.

    A logistic regression (a Bradley-Terry model of two players with covariates) explains the verdicts by a constant and
    the features, each divided by its standard deviation; the constant alone is the rate.
    """
    if wins.rate is None:
        return WinRate(None, None)
    deviations = wins.styles[wins.weight > 0].std(axis=0)
    varying = deviations > 1e-12
    features = wins.styles[:, varying] / deviations[varying]
    design = np.column_stack([np.ones(len(features)), features])
    value = _at_equal_style(design, wins.won, wins.weight)
    counts = _draws(wins, STYLE_DRAWS, seed)
    if counts is None:
        return WinRate(value, None)
    found = np.array([_at_equal_style(design, wins.won * drawn, wins.weight * drawn) for drawn in counts])
    low, high = np.quantile(found, [0.025, 0.975])
    return WinRate(value, (float(low), float(high)))


def _draws(wins: Wins, draws: int, seed: int) -> FloatArray | None:
    """Return [draws, n], how often each prompt with a verdict is drawn; None for a single one."""
    judged = np.flatnonzero(wins.weight > 0)
    if len(judged) < 2:
        return None
    counts: FloatArray = np.zeros((draws, len(wins.weight)))
    drawn = np.random.default_rng(seed).multinomial(len(judged), np.full(len(judged), 1 / len(judged)), size=draws)
    counts[:, judged] = drawn
    return counts


def _interval(won: FloatArray, weight: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(won / weight, [0.025, 0.975])
    return float(low), float(high)


def _at_equal_style(design: FloatArray, won: FloatArray, weight: FloatArray) -> float:
    """Return the rate that the constant alone gives, by Newton's method on the likelihood.

    A weak ridge on the features keeps those that separate all wins from all losses finite.
    """
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 0.0
    theta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        logits = np.clip(design @ theta, -_LARGEST, _LARGEST)
        rates = 1.0 / (1.0 + np.exp(-logits))
        gradient = design.T @ (won - weight * rates) - ridge * theta
        curvature = design.T @ (design * (weight * rates * (1.0 - rates))[:, None]) + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        theta = np.clip(theta + step / max(1.0, float(np.abs(step).max()) / 2.0), -_LARGEST, _LARGEST)
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(1.0 / (1.0 + np.exp(-theta[0])))
