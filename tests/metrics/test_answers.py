"""The modes of a benchmark with one answer a row, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from northstar.metrics.answers import AnswerMetrics
from northstar.metrics.scores import Scores

# Two rows, three seeds: row 0 answers a (right), b, none; row 1 none, none, none.
SCORES = Scores(
    values={"symbolic_correct": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])},
    answers=np.array([[0, 1, -1], [-1, -1, -1]]),
    tokens=np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 51.0]]),
    busy=[np.array([[100.0, 200.0]]), np.array([[90.0, 180.0]]), np.array([[120.0, 260.9]])],
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


def test_seconds_are_those_in_which_a_request_was_in_flight() -> None:
    busy = [np.array([[0.0, 10.0], [1000.0, 1005.0]]), np.array([[8.0, 12.0]]), np.empty((0, 2))]
    modes = AnswerMetrics("symbolic_correct").compute(replace(SCORES, busy=busy))
    assert [modes[f"pass@1[avg-of-{j}]"]["gen_seconds"] for j in (1, 2, 3)] == [15, 17, 17]


def test_without_times_there_are_no_seconds() -> None:
    unknown = replace(SCORES, busy=[np.empty((0, 2))] * 3)
    assert AnswerMetrics("symbolic_correct").compute(unknown)["pass@3"]["gen_seconds"] is None


def test_one_generation_a_row_is_pass_at_1_alone() -> None:
    assert SCORES.answers is not None
    one = Scores(SCORES.values | {"symbolic_correct": np.ones((2, 1))}, SCORES.answers[:, :1], SCORES.tokens[:, :1],
                 SCORES.busy[:1])  # fmt: skip
    assert list(AnswerMetrics("symbolic_correct").compute(one)) == ["pass@1"]


def test_a_benchmark_without_answers_has_no_majority_and_no_missing_ones() -> None:
    metrics = AnswerMetrics("symbolic_correct", answer=None)
    modes = metrics.compute(Scores(SCORES.values, None, SCORES.tokens, SCORES.busy))
    assert metrics.shown(3) == ["pass@1[avg-of-3]", "pass@3"]
    assert not any(mode.startswith("majority") or "no_answer" in numbers for mode, numbers in modes.items())


def test_tokens_that_no_server_counted_are_none() -> None:
    unknown = Scores(SCORES.values, SCORES.answers, np.full((2, 3), np.nan), SCORES.busy)
    assert AnswerMetrics("symbolic_correct").compute(unknown)["pass@3"]["avg_tokens"] is None


LABELLED = Scores(
    values={"symbolic_correct": np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])},
    answers=np.array([[0, 0], [0, 1], [1, -1], [2, 2]]),
    tokens=np.full((4, 2), 10.0),
    busy=[np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])],
    labels=["fr", "fr", "fr", "de"],
)
BY_LANGUAGE = AnswerMetrics("symbolic_correct", subset="language", mean_of_subsets=True)


@pytest.mark.parametrize(
    ("mode", "mean", "score"),
    [
        ("pass@1[avg-of-1]", 100 * (2 / 3 + 1) / 2, 75.0),
        ("pass@1[avg-of-2]", 75.0, 62.5),
        ("majority@2", 100 * (1.5 / 3 + 1) / 2, 62.5),
        ("pass@2", 100 * (2 / 3 + 1) / 2, 75.0),
    ],
)
def test_the_mean_of_subsets_counts_each_subset_the_same(mode: str, mean: float, score: float) -> None:
    found = BY_LANGUAGE.compute(LABELLED)[mode]
    assert found["mean_by_language"] == pytest.approx(mean)
    assert found["symbolic_correct"] == pytest.approx(score)


def test_the_mean_of_subsets_stands_before_the_score_and_is_what_runs_are_compared_by() -> None:
    columns = list(BY_LANGUAGE.compute(LABELLED)["pass@1[avg-of-2]"])
    assert columns[3:5] == ["mean_by_language", "symbolic_correct"]
    [name, *_], [mean, *_] = zip(*BY_LANGUAGE.row_means(LABELLED).items(), strict=True)
    assert (name, 100 * mean.mean) == ("mean_by_language", pytest.approx(75.0))


def test_a_subset_alone_has_no_mean_of_subsets() -> None:
    alone = BY_LANGUAGE.compute(LABELLED.of_rows(np.array([0, 1])))
    assert "mean_by_language" not in alone["pass@2"]
