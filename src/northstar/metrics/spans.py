"""Unions of time spans: when at least one of several things was going on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from northstar.metrics.arrays import FloatArray


def union(spans: Iterable[FloatArray]) -> FloatArray:
    """Return the fewest spans that cover the same time as the given ones.

    Args:
        spans: Arrays [n, 2] of start and end, in seconds, in any order. A span that ends before it starts is empty.

    Returns:
        [m, 2], sorted; no two touch.

    >>> union([np.array([[0.0, 2.0], [5.0, 6.0]]), np.array([[1.0, 3.0]])]).tolist()
    [[0.0, 3.0], [5.0, 6.0]]
    """
    all_ = np.concatenate([np.empty((0, 2)), *spans])
    all_ = all_[all_[:, 1] > all_[:, 0]]
    if not len(all_):
        return all_
    all_ = all_[np.argsort(all_[:, 0], kind="stable")]
    reach = np.maximum.accumulate(all_[:, 1])  # the latest end among the spans that started before
    first = np.concatenate([[True], all_[1:, 0] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.stack([all_[first, 0], reach[last]], axis=1)


def seconds(spans: FloatArray) -> float:
    """Return the total length of disjoint spans [n, 2]."""
    return float((spans[:, 1] - spans[:, 0]).sum())
