"""Spans of time: when at least one of several things went on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from northstar.metrics.arrays import FloatArray


def union(spans: Iterable[FloatArray]) -> FloatArray:
    """The time that any of these spans covers, as few spans as that takes.

    Args:
        spans: Arrays [n, 2] of start and end, in seconds, in any order. One that ends before it starts covers nothing.

    Returns:
        [m, 2], sorted; no two touch.
    """
    all_ = np.concatenate([np.empty((0, 2)), *spans])
    all_ = all_[all_[:, 1] > all_[:, 0]]
    if not len(all_):
        return all_
    all_ = all_[np.argsort(all_[:, 0], kind="stable")]
    reach = np.maximum.accumulate(all_[:, 1])  # how far those that started before go
    first = np.concatenate([[True], all_[1:, 0] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.stack([all_[first, 0], reach[last]], axis=1)


def seconds(spans: FloatArray) -> float:
    """How long disjoint spans [n, 2] are together."""
    return float((spans[:, 1] - spans[:, 0]).sum())
