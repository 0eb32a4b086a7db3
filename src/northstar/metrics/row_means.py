"""Metrics that are means over rows, in the one form that statistics need."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.metrics.arrays import FloatArray


@dataclass(frozen=True)
class RowMean:
    """A metric that is the (weighted) mean over rows of the mean over their generations.

    Attributes:
        values: [rows, k], 0..1.
        weights: [rows], how much each row counts; None where all count the same.
    """

    values: FloatArray
    weights: FloatArray | None = None

    @property
    def mean(self) -> float:
        import numpy as np

        return float(np.average(self.values.mean(axis=1), weights=self.weights))
