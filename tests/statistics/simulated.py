"""Runs of a model with known rates, for tests of statistics."""

from __future__ import annotations

import numpy as np

from northstar.metrics.arrays import FloatArray


def rates(random: np.random.Generator, trials: int, rows: int, mean: float, strength: float) -> FloatArray:
    """Return [trials, rows] rates of a beta distribution; small strengths give easy and hopeless rows."""
    return random.beta(mean * strength, (1.0 - mean) * strength, size=(trials, rows))


def scores(random: np.random.Generator, of_rows: FloatArray, k: int) -> FloatArray:
    """Return [..., rows, k] scores of 0 and 1."""
    drawn: FloatArray = (random.random((*of_rows.shape, k)) < of_rows[..., None]).astype(float)
    return drawn
