"""Scores of n rows with k generations each, as arrays; every metric is computed from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from northstar.metrics.arrays import BoolArray, FloatArray, IntArray
from northstar.metrics.spans import seconds, union


@dataclass(frozen=True)
class Scores:
    """The scores of one benchmark's generations.

    Attributes:
        values: Score name → [rows, k], 0..1.
        answers: [rows, k]. Equal numbers in a row are equal answers; -1 is no answer.
        tokens: [rows, k] generated tokens; NaN where the server reported none.
        busy: For each of the k seeds the spans [n, 2] in Unix seconds with at least one of its requests in flight.
        flags: Flag name → [rows, k]: problems with a generation's score.
        labels: The subset of each row, where the benchmark has subsets.
        weights: [rows], the number of parts per row, where scores are shares of parts.
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

    def of_rows(self, chosen: BoolArray | IntArray) -> Scores:
        """Return the scores of the rows chosen by a mask [rows] or by their positions; times stay those of all rows."""
        return replace(
            self,
            values={name: values[chosen] for name, values in self.values.items()},
            answers=None if self.answers is None else self.answers[chosen],
            tokens=self.tokens[chosen],
            flags={name: flags[chosen] for name, flags in self.flags.items()},
            labels=None,
            weights=None if self.weights is None else self.weights[chosen],
        )

    def rows_by_label(self) -> dict[str, BoolArray]:
        """Return subset → [rows] mask, ordered by each subset's first row."""
        labels = np.array(self.labels or [], dtype=object)
        return {name: labels == name for name in dict.fromkeys(self.labels or [])}

    def counts(self, j: int) -> Mode:
        """Return, for the first j seeds: rows, mean tokens and seconds with a request in flight, cut to integers."""
        known = self.tokens[:, :j][~np.isnan(self.tokens[:, :j])]
        busy = union(self.busy[:j])
        return {
            "num_entries": self.rows,
            "avg_tokens": int(known.mean()) if len(known) else None,
            "gen_seconds": int(seconds(busy)) if len(busy) else None,
        }


Mode: TypeAlias = dict[str, Any]
"""One line of a table: 'num_entries', 'avg_tokens', …, and nested statistics."""
