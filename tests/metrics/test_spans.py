"""Spans of time that overlap count once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.metrics.spans import seconds, union

Pairs = list[tuple[int, int]]


def spans(pairs: Pairs) -> np.ndarray:
    return np.array(pairs, dtype=float).reshape(-1, 2)


@pytest.mark.parametrize(
    ("pairs", "covered"),
    [
        ([], []),
        ([(3, 3), (5, 4)], []),
        ([(0, 2), (1, 3)], [(0, 3)]),
        ([(0, 2), (2, 3)], [(0, 3)]),
        ([(5, 6), (0, 9), (1, 2)], [(0, 9)]),
        ([(10, 12), (0, 2)], [(0, 2), (10, 12)]),
    ],
)
def test_what_overlaps_or_touches_is_one(pairs: Pairs, covered: Pairs) -> None:
    assert union([spans(pairs)]).tolist() == [list(each) for each in covered]


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6), max_size=4))
def test_it_is_the_seconds_that_any_span_covers(several: list[Pairs]) -> None:
    covered = {second for pairs in several for start, end in pairs for second in range(start, end)}
    assert seconds(union([spans(pairs) for pairs in several])) == len(covered)
