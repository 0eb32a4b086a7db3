"""The numbers of a benchmark whose answers were compared."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.pairs import PairMetrics
from northstar.metrics.scores import Scores

GAMES: list[list[list[str] | None]] = [
    [["B>>A", "A>>B"], ["A=B", "A>B"], None],
    [["A>B", "B>A"], ["A=B", "A=B"], ["B>A", "A>B"]],
]
SHARES = np.array([[1.0, 0.0], [0.75, 0.5], [0.0, 1.0]])


def scores() -> Scores:
    styles = [[[0.1 * row, 0.0, 0.0, 0.0] for row in range(3)]] * 2
    values = {"judge_correct": SHARES} | PairMetrics().of_games(GAMES, styles)
    unread = np.array([[False, False], [False, False], [True, False]])
    return Scores(values, None, np.full((3, 2), 10.0), [], {"judge_unparsed": unread})


def test_it_is_the_weighted_share_of_the_verdicts_that_there_are() -> None:
    mode = PairMetrics().compute(scores())["pass@1[avg-of-2]"]
    won = 1.0 * 6 + 0.75 * 2 + 0.0 * 2 + 0.5 * 2 + 1.0 * 2
    assert mode["win_rate"] == pytest.approx(100 * won / (6 + 2 + 2 + 2 + 2))


def test_rows_without_a_verdict_are_counted_apart() -> None:
    assert PairMetrics().compute(scores())["pass@1[avg-of-2]"]["judge_unparsed"] == pytest.approx(100 / 6)


def test_its_mean_over_rows_is_the_win_rate() -> None:
    mode = PairMetrics().compute(scores())["pass@1[avg-of-2]"]
    assert 100 * PairMetrics().row_means(scores())["win_rate"].mean == pytest.approx(mode["win_rate"])


def test_fewer_seeds_have_the_rate_alone() -> None:
    mode = PairMetrics().compute(scores())["pass@1[avg-of-1]"]
    assert mode["win_rate"] == pytest.approx(100 * 7.5 / 8)
    assert "style_controlled" not in mode


def test_of_answers_that_nobody_judged_there_is_no_rate() -> None:
    unjudged = Scores({}, None, np.full((3, 2), 10.0), [])
    assert "win_rate" not in PairMetrics().compute(unjudged)["pass@1[avg-of-2]"]
    assert PairMetrics().row_means(unjudged) == {}
