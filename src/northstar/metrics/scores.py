"""Scores of n rows with k generations each, as arrays; metrics are computed from them and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """values: score name → [rows, k], 0..1. answers: [rows, k], equal numbers in a row are equal answers, -1 is none.

    tokens: [rows, k] generated tokens, NaN where the server didn't count. started, ended: [k] Unix seconds of each
    seed's first request and last answer.
    """

    values: dict[str, FloatArray]
    answers: IntArray | None
    tokens: FloatArray
    started: FloatArray
    ended: FloatArray

    @property
    def rows(self) -> int:
        return int(self.tokens.shape[0])

    @property
    def k(self) -> int:
        return int(self.tokens.shape[1])


Number: TypeAlias = int | float | None
Mode: TypeAlias = dict[str, Any]
"""One line of a table: 'num_entries', 'avg_tokens', …, and nested statistics."""
