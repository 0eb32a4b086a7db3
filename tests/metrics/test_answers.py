"""The modes of a benchmark with one answer a row, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.answers import AnswerMetrics
from northstar.metrics.scores import Scores

# Two rows, three seeds: row 0 answers a (right), b, none; row 1 none, none, none.
SCORES = Scores(
    values={"symbolic_correct": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])},
    answers=np.array([[0, 1, -1], [-1, -1, -1]]),
    tokens=np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 51.0]]),
    started=np.array([100.0, 90.0, 120.0]),
    ended=np.array([200.0, 180.0, 260.9]),
)
MODES = AnswerMetrics("symbolic_correct").compute(SCORES)


@pytest.mark.parametrize(
    ("mode", "correct", "no_answer"),
    [
        ("pass@1[avg-of-1]", 50.0, 50.0),
        ("pass@1[avg-of-3]", 100 / 6, 400 / 6),
        ("majority@2", 25.0, 50.0),
        ("majority@3", 25.0, 50.0),
        ("pass@2", 100 * (2 / 3) / 2, 100 * (1 - 1 / 2)),
        ("pass@3", 50.0, 50.0),
    ],
)
def test_scores_and_missing_answers_of_each_mode(mode: str, correct: float, no_answer: float) -> None:
    assert MODES[mode]["symbolic_correct"] == pytest.approx(correct)
    assert MODES[mode]["no_answer"] == pytest.approx(no_answer)


def test_tokens_and_seconds_are_cut_to_whole_numbers() -> None:
    mode = MODES["pass@1[avg-of-3]"]
    assert (mode["num_entries"], mode["avg_tokens"], mode["gen_seconds"]) == (2, 33, 170)


def test_one_generation_a_row_is_pass_at_1_alone() -> None:
    one = Scores(SCORES.values | {"symbolic_correct": np.ones((2, 1))}, SCORES.answers[:, :1], SCORES.tokens[:, :1],
                 SCORES.started[:1], SCORES.ended[:1])  # fmt: skip
    assert list(AnswerMetrics("symbolic_correct").compute(one)) == ["pass@1"]


def test_a_benchmark_without_answers_has_no_majority_and_no_missing_ones() -> None:
    metrics = AnswerMetrics("symbolic_correct", answer=None)
    modes = metrics.compute(Scores(SCORES.values, None, SCORES.tokens, SCORES.started, SCORES.ended))
    assert metrics.shown(3) == ["pass@1[avg-of-3]", "pass@3"]
    assert not any(mode.startswith("majority") or "no_answer" in held for mode, held in modes.items())


def test_tokens_that_no_server_counted_are_none() -> None:
    unknown = Scores(SCORES.values, SCORES.answers, np.full((2, 3), np.nan), SCORES.started, SCORES.ended)
    assert AnswerMetrics("symbolic_correct").compute(unknown)["pass@3"]["avg_tokens"] is None
