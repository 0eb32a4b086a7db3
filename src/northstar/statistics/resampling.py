"""The variance over seeds of majority@k and pass@k, by drawing each row's generations again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray, IntArray
from northstar.metrics.majority import majority_by_row
from northstar.metrics.pass_at_k import pass_by_row

DRAWN_SCORES = 4_000_000  # rows × generations × draws: a second or two
FEWEST, MOST = 8, 1000  # pairs of draws


def variance_of_majority(answers: IntArray, scores: FloatArray) -> float:
    """Return the variance of majority@k over draws of k generations a row.

    A row whose generations are all right or all wrong may be so by luck: there each draw may differ, at a rate drawn
    from what the other rows make likely (`_rates`). A drawn odd one out gives an answer of its own.

    Args:
        answers: [rows, k]; equal numbers in a row are equal answers, -1 is none.
        scores: [rows, k], 0..1.
    """
    n, k = answers.shape
    random = np.random.default_rng(0)
    alike, rates = _alike(scores), _rates(scores)
    new = int(answers.max(initial=0)) + 1

    def draw(rate: FloatArray) -> FloatArray:
        drawn = random.integers(0, k, size=(n, k))
        these, those = np.take_along_axis(answers, drawn, 1), np.take_along_axis(scores, drawn, 1)
        odd = alike[:, None] & (random.random((n, k)) < rate[:, None])
        return majority_by_row(np.where(odd, new, these), np.where(odd, 1.0 - those, those))

    return _variance_of_mean(draw, random, rates, DRAWN_SCORES // (n * k))


def variance_of_pass(correct: BoolArray, k: int) -> float:
    """Return the variance of pass@k over draws of as many generations a row as there are.

    Args:
        correct: [rows, generations].
        k: At most the number of generations.
    """
    n, generations = correct.shape
    random = np.random.default_rng(0)
    scores = correct.astype(float)
    alike, rates, mean = _alike(scores), _rates(scores), scores.mean(axis=1)

    def draw(rate: FloatArray) -> FloatArray:
        right = random.binomial(generations, np.where(alike, np.abs(mean - rate), mean))
        return pass_by_row(right, generations, k)

    return _variance_of_mean(draw, random, rates, DRAWN_SCORES // n)


def _variance_of_mean(
    draw: Callable[[FloatArray], FloatArray], random: np.random.Generator, rates: FloatArray, pairs: int
) -> float:
    """Return the variance of the mean over rows, which vary independently, from pairs of draws at the same rates.

    Half the squared difference of two draws is their variance, without that of the rates.
    """
    pairs = min(MOST, max(FEWEST, pairs // 2))
    total = 0.0
    for _ in range(pairs):
        rate = random.beta(rates[:, 0], rates[:, 1])
        total += float(((draw(rate) - draw(rate)) ** 2).sum()) / 2.0
    return total / pairs / len(rates) ** 2


def _alike(scores: FloatArray) -> BoolArray:
    alike: BoolArray = scores.max(axis=1) == scores.min(axis=1)
    return alike


def _rates(scores: FloatArray) -> FloatArray:
    """Return [rows, 2]: a beta distribution of the rate at which a row of like generations has another one.

    A beta distribution of rates is fitted to all rows' means by their mean and variance, the seeds' own noise taken
    off; a row's posterior has its k like generations added.
    """
    n, k = scores.shape
    means = scores.mean(axis=1)
    mean = (means.sum() + 0.5) / (n + 1)
    spread = max(float(means.var()) - mean * (1.0 - mean) / k, 0.0) * k / max(k - 1, 1)
    ratio = min(max(spread / (mean * (1.0 - mean)), 1e-3), 1.0 - 1e-3)
    strength = 1.0 / ratio - 1.0
    right = means > 0.5
    odd = strength * np.where(right, 1.0 - mean, mean)
    return np.stack([odd, strength - odd + k], axis=1)
