"""Columns of records, seed by seed, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from northstar.core.records import ToolUse
from northstar.metrics.arrays import FloatArray
from northstar.metrics.spans import union

Column = Mapping[str, Sequence[Any]]
"""One seed: field → a value per row."""
SPANS = "spans"
"""The field for the times when a record's answers were requested and given."""


def tool_use(columns: Sequence[Column]) -> dict[str, FloatArray]:
    """Return [rows, k] of each number of the tool's use."""
    uses = [[use or ToolUse() for use in column["tool_use"]] for column in columns]
    return {
        "tool_calls": np.array([[use.calls for use in seed] for seed in uses], dtype=np.float64).T,
        "tool_errors": np.array([[use.errors for use in seed] for seed in uses], dtype=np.float64).T,
        "begun_again": np.array([[use.begun_again for use in seed] for seed in uses], dtype=np.float64).T,
    }


def busy(column: Column) -> FloatArray:
    """Return [n, 2], when one seed had a request in flight; a sample's answers may come from several runs."""
    spans = [span for each in column[SPANS] for span in each]
    return union([np.array(spans, dtype=np.float64).reshape(-1, 2)])


def coded(columns: Sequence[Sequence[Any]]) -> Any:
    """Return [rows, k]: equal integers for equal answers of a row, -1 for none."""
    coded = np.full((len(columns[0]), len(columns)), -1, dtype=np.int64)
    codes: dict[str, int] = {}
    for seed, answers in enumerate(columns):
        for row, answer in enumerate(answers):
            if answer is not None and (text := str(answer).strip()):
                coded[row, seed] = codes.setdefault(text, len(codes))
    return coded
