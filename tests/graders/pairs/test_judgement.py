"""Grades by both verdicts, whichever answer stands first."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from northstar.core.records import Generation, Turn
from northstar.graders.judgement import NOTHING_TO_JUDGE
from northstar.graders.pairs.judgement import AGAIN, ANSWER_FIRST, BASELINE_FIRST, PairJudgement

ROW = {"id": 1, "answer_a": "the baseline's", "answer_b": "the model's"}


def grade(*turns: tuple[str, str], finish_reason: str = "stop", row: dict[str, Any] = ROW) -> dict[str, Any]:
    said = [Turn(name=name, generation=text) for name, text in turns]
    generation = Generation(generation="", turns=said, finish_reason=finish_reason)
    return dict(asyncio.run(PairJudgement()(row, generation, cast(Any, None))))


@pytest.mark.parametrize(
    ("first", "second", "won"),
    [
        ("[[B>>A]]", "[[A>>B]]", 1.0),
        ("[[A>>B]]", "[[B>>A]]", 0.0),
        ("[[B>A]]", "[[A>B]]", 1.0),
        ("[[A=B]]", "[[A=B]]", 0.5),
        ("[[A>B]]", "[[A>B]]", 0.5),  # the judge likes what stands first
        ("[[A>>B]]", "[[A>B]]", 0.25),
        ("[[B<<A]]", "[[A=B]]", 0.125),
    ],
)
def test_the_answer_is_b_in_the_first_game_and_a_in_the_second(first: str, second: str, won: float) -> None:
    found = grade((BASELINE_FIRST, first), (ANSWER_FIRST, second))
    assert found["judge_correct"] == won
    assert len(found["judge_games"]) == 2


def test_a_verdict_that_is_missing_in_one_order_leaves_the_row_without_any() -> None:
    found = grade((BASELINE_FIRST, "[[B>A]]"), (ANSWER_FIRST, "hm"), (f"{ANSWER_FIRST}{AGAIN}", "hm"))
    assert found["judge_correct"] is None
    assert found["judge_unparsed"]
    assert found["judge_games"] is None


def test_the_second_try_counts_where_there_was_one() -> None:
    found = grade((BASELINE_FIRST, "hm"), (f"{BASELINE_FIRST}{AGAIN}", "[[B>A]]"), (ANSWER_FIRST, "[[A>B]]"))
    assert found["judge_correct"] == 1.0


@pytest.mark.parametrize(
    ("missing", "won", "games"),
    [
        (("answer_b",), 0.0, ["A>>B", "B>>A"]),
        (("answer_a",), 1.0, ["B>>A", "A>>B"]),
        (("answer_a", "answer_b"), 0.5, ["A=B", "A=B"]),
    ],
)
def test_an_answer_that_is_not_there_has_lost_by_much(missing: tuple[str, ...], won: float, games: list[str]) -> None:
    found = grade(finish_reason=NOTHING_TO_JUDGE, row=ROW | dict.fromkeys(missing, " "))
    assert (found["judge_correct"], found["judge_games"]) == (won, games)


def test_an_answer_that_is_not_there_has_not_lost_by_its_style() -> None:
    found = grade(finish_reason=NOTHING_TO_JUDGE, row=ROW | {"answer_b": ""})
    assert found["judge_style"] == [0.0, 0.0, 0.0, 0.0]
