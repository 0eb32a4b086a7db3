"""The numbers of metrics.json that two runs of the same answers share: all but the time that they took."""

from __future__ import annotations

from typing import Any


def timeless(metrics: Any) -> Any:
    """Leave out seconds, and notes, which may name them."""
    if not isinstance(metrics, dict):
        return metrics
    return {name: timeless(value) for name, value in metrics.items() if "seconds" not in name and name != "notes"}
