"""When the tokens of streamed answers came: medians and the slowest of a hundred, for metrics.json and a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from northstar.metrics.arrays import FloatArray

FIRST, BETWEEN = "time_to_first_token", "time_between_tokens"
OF_STREAMS: Mapping[str, Any] = dict.fromkeys((FIRST, BETWEEN), float | None)
"""Field of a record → its type."""


def paces_of(columns: Sequence[Mapping[str, Sequence[Any]]]) -> FloatArray:
    """Return [n, 2] of the answers that were streamed: seconds to the first token, and between two (NaN: unknown)."""
    found = [
        (first, np.nan if between is None else between)
        for column in columns
        for first, between in zip(column[FIRST], column[BETWEEN], strict=True)
        if first is not None
    ]
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def summarized(paces: FloatArray) -> dict[str, Any]:
    """Return the median and the 99th percentile of each time, in seconds; {} where nothing was streamed."""
    if not len(paces):
        return {}
    found: dict[str, Any] = {"streamed_answers": len(paces)}
    for name, values in zip((FIRST, BETWEEN), paces.T, strict=True):
        known = values[~np.isnan(values)]
        if len(known):
            found[name] = {
                "median": round(float(np.median(known)), 4),
                "p99": round(float(np.quantile(known, 0.99)), 4),
            }
    return found


def pace_notes(paces: FloatArray) -> list[str]:
    """Return a note on how fast streamed answers came."""
    found = summarized(paces)
    if not found:
        return []
    first, between = found[FIRST], found.get(BETWEEN)
    rest = "" if between is None else f"; between tokens: median {1000 * between['median']:.0f} ms"
    return [
        f"time to first token of {found['streamed_answers']:,} streamed answers: median {first['median']:.2f} s, "
        f"99 % within {first['p99']:.2f} s{rest}."
    ]
