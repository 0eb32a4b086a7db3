"""The rates of benchmarks with several labels, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.labels import ATTEMPTED, F1, HALLUCINATION, INDEX, LabelMetrics
from northstar.metrics.scores import Mode, Scores

TIERS = ("correct", "incorrect", "partial", "not_attempted")
METRICS = LabelMetrics(labels=TIERS, rates=(INDEX, HALLUCINATION, F1, ATTEMPTED))


def modes_of(*seeds: str, metrics: LabelMetrics = METRICS) -> dict[str, Mode]:
    """The modes of seeds, each a letter a row: c, i, p, n, or - for an unread verdict."""
    names = dict(zip("cipn", TIERS, strict=True))
    columns = [[names.get(letter) for letter in seed] for seed in seeds]
    right = np.array([[letter == "c" for letter in seed] for seed in seeds], dtype=float).T
    unread = np.array([[letter == "-" for letter in seed] for seed in seeds]).T
    values = {"judge_correct": right, **metrics.of_labels(columns)}
    busy = [np.empty((0, 2)) for _ in seeds]
    return metrics.compute(Scores(values, None, np.ones(right.shape), busy, {"judge_unparsed": unread}))


def test_the_rates_follow_from_the_shares_of_the_labels() -> None:
    mode = modes_of("ccciipnnnn")["pass@1"]  # 3 correct, 2 incorrect, 1 partial, 4 not attempted
    assert mode["judge_correct"] == pytest.approx(30)
    assert mode["index"] == pytest.approx(10)
    assert mode["hallucination_rate"] == pytest.approx(100 * 2 / 7)
    assert mode["accuracy_given_attempted"] == pytest.approx(60)
    assert mode["f1"] == pytest.approx(2 * 60 * 30 / 90)
    assert [mode[name] for name in TIERS[1:]] == pytest.approx([20, 10, 40])


def test_the_rates_stand_behind_the_score_and_before_the_shares() -> None:
    names = [name for name, value in modes_of("ci")["pass@1"].items() if not isinstance(value, dict)]
    assert names[3:] == [
        *("judge_correct", "index", "hallucination_rate", "f1", "accuracy_given_attempted"),
        *("incorrect", "partial", "not_attempted"),
    ]


@pytest.mark.parametrize(
    ("seed", "index", "hallucination", "f1", "attempted"),
    [
        ("cccc", 100.0, None, 100.0, 100.0),
        ("iiii", -100.0, 100.0, 0.0, 0.0),
        ("nnnn", 0.0, 0.0, 0.0, None),
        ("pppp", 0.0, 0.0, 0.0, None),
    ],
)
def test_at_the_ends_nothing_divides_by_nothing(
    seed: str, index: float, hallucination: float | None, f1: float, attempted: float | None
) -> None:
    mode = modes_of(seed)["pass@1"]
    found = (mode["index"], mode["hallucination_rate"], mode["f1"], mode["accuracy_given_attempted"])
    assert found == (index, hallucination, f1, attempted)


def test_an_unread_verdict_is_of_no_label_and_counts_in_the_whole() -> None:
    mode = modes_of("ci--")["pass@1"]
    assert (mode["judge_correct"], mode["incorrect"], mode["judge_unparsed"]) == (25, 25, 50)
    assert (mode["index"], mode["hallucination_rate"]) == (0, 100)


def test_over_seeds_the_shares_are_of_all_generations() -> None:
    modes = modes_of("ci", "nn")
    assert modes["pass@1[avg-of-1]"]["f1"] == pytest.approx(50)
    assert modes["pass@1[avg-of-2]"]["f1"] == pytest.approx(2 * 50 * 25 / 75)  # not the mean of 50 and 0
    assert modes["pass@2"]["judge_correct"] == 50
    assert "f1" not in modes["pass@2"]
