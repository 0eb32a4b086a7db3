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
        tool_calls, tool_errors, begun_again: [rows, k], where the model was offered a tool: how often a sample called
            it, how many of these calls gave an error, and how often the sample began again.
        weights: [rows], the number of parts per row, where scores are shares of parts.
    """

    values: dict[str, FloatArray]
    answers: IntArray | None
    tokens: FloatArray
    busy: Sequence[FloatArray]
    flags: dict[str, BoolArray] = field(default_factory=dict)
    labels: list[str] | None = None
    weights: FloatArray | None = None
    tool_calls: FloatArray | None = None
    tool_errors: FloatArray | None = None
    begun_again: FloatArray | None = None

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
            tool_calls=None if self.tool_calls is None else self.tool_calls[chosen],
            tool_errors=None if self.tool_errors is None else self.tool_errors[chosen],
            begun_again=None if self.begun_again is None else self.begun_again[chosen],
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
            **self._tool_use(j),
        }

    def _tool_use(self, j: int) -> Mode:
        """Return, for the first j seeds: calls a sample, the shares of samples that call and of calls that fail."""
        if self.tool_calls is None or self.tool_errors is None or self.begun_again is None:
            return {}
        calls, errors = self.tool_calls[:, :j], self.tool_errors[:, :j]
        return {
            "tool_calls": float(calls.mean()),
            "used_tool": 100.0 * float((calls > 0).mean()),
            "tool_errors": 100.0 * float(errors.sum() / calls.sum()) if calls.any() else None,
            "begun_again": int(self.begun_again[:, :j].sum()),
        }


Mode: TypeAlias = dict[str, Any]
"""One line of a table: 'num_entries', 'avg_tokens', …, and nested statistics."""
