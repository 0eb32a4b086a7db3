"""majority@k: ties, missing answers, and the same as counting by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.metrics.majority import majority_score


@pytest.mark.parametrize(
    ("answers", "scores", "majority"),
    [
        ([1, 1, 2], [1, 1, 0], 1.0),
        ([1, 2, 2], [1, 0, 0], 0.0),
        ([1, 2, 3], [1, 0, 0], 1 / 3),  # all equally frequent
        ([1, 1, 2, 2, 3], [1, 1, 0, 0, 0], 0.5),
        ([-1, -1, 4], [0, 0, 1], 1.0),  # no answer is none, however frequent
        ([-1, -1, -1], [0, 0, 0], 0.0),
        ([5, 5, 5], [1, 0, 1], 2 / 3),  # a judge that differs on one answer
    ],
)
def test_of_one_row(answers: list[int], scores: list[float], majority: float) -> None:
    assert majority_score(np.array([answers]), np.array([scores], dtype=float)) == pytest.approx(majority)


def by_hand(answers: list[int], scores: list[float]) -> float:
    counts = Counter(answer for answer in answers if answer >= 0)
    if not counts:
        return 0.0
    most = max(counts.values())
    winners = [answer for answer, count in counts.items() if count == most]
    means = [np.mean([s for a, s in zip(answers, scores, strict=True) if a == winner]) for winner in winners]
    return float(np.mean(means))


@given(
    st.integers(1, 7).flatmap(
        lambda k: st.lists(
            st.tuples(
                st.lists(st.integers(-1, 3), min_size=k, max_size=k),
                st.lists(st.sampled_from([0.0, 1.0]), min_size=k, max_size=k),
            ),
            min_size=1,
            max_size=5,
        )
    )
)
def test_equals_counting_by_hand(rows: list[tuple[list[int], list[float]]]) -> None:
    answers, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    assert majority_score(answers, scores) == pytest.approx(np.mean([by_hand(*row) for row in rows]))
