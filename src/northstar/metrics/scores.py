"""Scores of n rows with k generations each, as arrays; metrics are computed from them and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray, IntArray
from northstar.metrics.spans import seconds, union


@dataclass(frozen=True)
class Scores:
    """values: score name → [rows, k], 0..1. answers: [rows, k], equal numbers in a row are equal answers, -1 is none.

    tokens: [rows, k] generated tokens, NaN where the server didn't count. busy: of each of the k seeds the spans [n, 2]
    of time, in Unix seconds, in which at least one of its requests was in flight. flags: name → [rows, k], what is
    wrong with a generation's score. labels: the subset of each row, where the benchmark has some. weights: [rows], of
    how many parts each row is, where scores are shares of parts.
    """

    values: dict[str, FloatArray]
    answers: IntArray | None
    tokens: FloatArray
    busy: Sequence[FloatArray]
    flags: dict[str, BoolArray] = field(default_factory=dict)
    labels: list[str] | None = None
    weights: FloatArray | None = None

    @property
    def rows(self) -> int:
        return int(self.tokens.shape[0])

    @property
    def k(self) -> int:
        return int(self.tokens.shape[1])

    def of_rows(self, chosen: BoolArray) -> Scores:
        """The scores of some rows. chosen: [rows]; the times stay those of all rows."""
        return replace(
            self,
            values={name: values[chosen] for name, values in self.values.items()},
            answers=None if self.answers is None else self.answers[chosen],
            tokens=self.tokens[chosen],
            flags={name: flags[chosen] for name, flags in self.flags.items()},
            labels=None,
            weights=None if self.weights is None else self.weights[chosen],
        )

    def counts(self, j: int) -> Mode:
        """Rows, mean tokens, and seconds in which a request was in flight, both cut to integers, of j seeds."""
        known = self.tokens[:, :j][~np.isnan(self.tokens[:, :j])]
        busy = union(self.busy[:j])
        return {
            "num_entries": self.rows,
            "avg_tokens": int(known.mean()) if len(known) else None,
            "gen_seconds": int(seconds(busy)) if len(busy) else None,
        }


Mode: TypeAlias = dict[str, Any]
"""One line of a table: 'num_entries', 'avg_tokens', …, and nested statistics."""
