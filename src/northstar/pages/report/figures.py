"""The numbers behind a report's charts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray, IntArray
from northstar.metrics.majority import majority_by_row
from northstar.metrics.pass_at_k import pass_by_row
from northstar.metrics.row_means import RowMean
from northstar.metrics.spans import union
from northstar.metrics.spread import interval_95

_MOST_KS = 16
_DRAWN_ROWS, _MOST_DRAWS = 40_000, 16
"""How many rows are drawn in all for one point of majority@j, at most _MOST_DRAWS times all of them."""
_BINS = 120
_WORDS = ("very easy", "easy", "medium", "hard", "very hard")


@dataclass(frozen=True)
class Point:
    """A value with its 95 % interval over rows, as fractions; `low` and `high` are the value itself for one row."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """A metric over k."""

    name: str
    ks: Sequence[int]
    points: Sequence[Point]


@dataclass(frozen=True)
class Group:
    """A value of a field, its rows, and their mean score."""

    label: str
    rows: int
    point: Point


@dataclass(frozen=True)
class Flow:
    """How fast a run went.

    Attributes:
        hours: [bins + 1], edges; time without any request in flight is cut out.
        tokens: [bins], generated tokens a second.
        in_flight: [bins], mean number of requests.
    """

    hours: FloatArray
    tokens: FloatArray
    in_flight: FloatArray


def pass_curve(values: FloatArray) -> Curve:
    """Return pass@k for scores [rows, k], from all generations of a row (unbiased)."""
    right = (values >= 1.0).sum(axis=1)
    k = values.shape[1]
    ks = _ks(k)
    return Curve("pass@k", ks, [_point(pass_by_row(right, k, each), k) for each in ks])


def majority_curve(answers: IntArray, values: FloatArray) -> Curve:
    """Return majority@j for answers and scores [rows, k]: the mean over draws of j of the k generations."""
    rows, k = values.shape
    generator = np.random.default_rng(0)
    draws = max(2, min(_MOST_DRAWS, _DRAWN_ROWS // rows))
    points = []
    for j in (ks := _ks(k)):
        if j in (1, k):  # all there are, so that majority@1 is pass@1
            chosen = list(np.arange(k).reshape(-1, j))
        else:
            chosen = [generator.permutation(k)[:j] for _ in range(draws)]
        points.append(
            _point(np.mean([majority_by_row(answers[:, each], values[:, each]) for each in chosen], axis=0), k)
        )
    return Curve("majority@k", ks, points)


def _ks(k: int) -> list[int]:
    if k <= _MOST_KS:
        return list(range(1, k + 1))
    return sorted({round(float(each)) for each in np.geomspace(1, k, _MOST_KS)})


def _point(by_row: FloatArray, k: int) -> Point:
    """Return the mean over rows, with the interval that tables give a mean of k generations a row."""
    interval = interval_95(np.tile(by_row[:, None], (1, k)))
    mean = float(by_row.mean())
    return Point(mean, *(interval or (mean, mean)))


def groups_of(metric: RowMean, labels: Sequence[str]) -> list[Group]:
    """Return the main score by the value of a field: by number, by difficulty, or the best first."""
    found = []
    for label in dict.fromkeys(labels):
        mine = np.array([each == label for each in labels])  # numpy's own comparison drops NUL from a text's end
        weights = None if metric.weights is None else metric.weights[mine]
        if weights is not None and not weights.sum():
            continue
        values = metric.values[mine]
        mean = float(np.average(values.mean(axis=1), weights=weights))
        found.append(Group(label, int(mine.sum()), Point(mean, *(interval_95(values, weights) or (mean, mean)))))
    numbers = {group.label: _number(group.label) for group in found}
    if all(number is not None for number in numbers.values()):
        return sorted(found, key=lambda group: numbers[group.label] or 0.0)
    if all(group.label.lower() in _WORDS for group in found):
        return sorted(found, key=lambda group: _WORDS.index(group.label.lower()))
    return sorted(found, key=lambda group: -group.point.value)


def _number(label: str) -> float | None:
    match = re.fullmatch(r"(?:level )?(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)", label.lower())
    return None if match is None else float(match[1])


def flow_of(starts: FloatArray, ends: FloatArray, tokens: FloatArray) -> Flow | None:
    """Return tokens a second and requests in flight over time; None where no times are known.

    Args:
        starts: [n], Unix seconds; 0 where unknown.
        ends: [n].
        tokens: [n], counted evenly from start to end; NaN counts as none.
    """
    known = (starts > 0) & (ends > starts)
    if not known.any():
        return None
    starts, ends, tokens = starts[known], ends[known], np.nan_to_num(tokens[known])
    busy = union([np.stack([starts, ends], axis=1)])
    before = np.concatenate([[0.0], np.cumsum(busy[:, 1] - busy[:, 0])])
    from_, to = (_within(times, busy, before) for times in (starts, ends))
    edges = np.linspace(0.0, before[-1], _BINS + 1)
    width = edges[1]
    lengths = np.maximum(to - from_, 1e-9)
    made, seconds = np.zeros(_BINS + 1), np.zeros(_BINS + 1)
    for number, edge in enumerate(edges):
        share = np.clip((edge - from_) / lengths, 0.0, 1.0)
        made[number], seconds[number] = float(share @ tokens), float(share @ lengths)
    return Flow(edges / 3600, np.diff(made) / width, np.diff(seconds) / width)


def _within(times: FloatArray, busy: FloatArray, before: FloatArray) -> FloatArray:
    """Return times as seconds in which a request was in flight."""
    span = np.clip(np.searchsorted(busy[:, 0], times, side="right") - 1, 0, len(busy) - 1)
    inside: FloatArray = before[span] + np.minimum(times, busy[span, 1]) - busy[span, 0]
    return inside
