r"""A short answer is a letter, or a line that says the same as the reference."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import msgspec
import pytest

from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade
from northstar.graders.short_answer import ShortAnswer
from northstar.task.grader import ComputeError, SolverContext


class NoCompute:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise AssertionError(f"{function}{arguments} was not to be called")


class Here:
    """Computes in this process."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        from northstar.graders.math.compare import same_answer

        assert function == "northstar.graders.math.compare:same_answer"
        return same_answer(*arguments)


class Failing:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise ComputeError(f"timed out after {timeout:g} s")


def grade(text: str, expected: object, kind: str = "exactMatch", compute: Any = None, **how: Any) -> Grade:
    row = {"expected_answer": expected, "answer_type": kind}
    generation = Generation(generation=text, **how)
    return asyncio.run(ShortAnswer()(row, generation, SolverContext(compute or NoCompute())))


@pytest.mark.parametrize(
    ("text", "predicted", "correct"),
    [
        ("Explanation: The third.\nAnswer: C\nConfidence: 60%", "C", True),
        ("Answer: (c) a whale", "C", True),
        ("Answer: B", "B", False),
        ("Answer: a whale", None, False),
    ],
)
def test_a_row_with_choices_is_graded_by_the_letter(text: str, predicted: str | None, correct: bool) -> None:
    assert grade(text, "C", "multipleChoice") == {"predicted_answer": predicted, "symbolic_correct": correct}


def test_a_choice_whose_reference_is_no_letter_is_compared_as_text() -> None:
    assert grade("Answer: A and C", "A and C", "multipleChoice")["symbolic_correct"] is True


@pytest.mark.parametrize(
    ("text", "predicted", "correct"),
    [
        ("Answer: Ada Lovelace", "Ada Lovelace", True),
        ("Answer: ada  LOVELACE.", "ada  LOVELACE", True),
        ("Exact Answer: Ada Lovelace", "Ada Lovelace", True),
        ("**Final Answer:** Ada Lovelace\nConfidence: 90%", "Ada Lovelace", True),
        ("Answer: Grace Hopper", "Grace Hopper", False),
        ("Answer: Grace Hopper\nNo.\nAnswer: Ada Lovelace", "Ada Lovelace", True),
        ("It was Ada Lovelace.", None, False),
    ],
)
def test_a_text_counts_but_for_case_and_whitespace(text: str, predicted: str | None, correct: bool) -> None:
    assert grade(text, "Ada Lovelace", compute=Here()) == {"predicted_answer": predicted, "symbolic_correct": correct}


@pytest.mark.parametrize(
    ("text", "expected", "correct"),
    [
        ("Answer: 1,000", "1000", True),
        ("Answer: 0.5", r"\frac{1}{2}", True),
        ("Answer: 7", 7, True),
        ("Answer: 8", "7", False),
        (r"so \boxed{7}", "7", True),
        (r"Answer: $x(x+1)$", "$x^2 + x$", True),
        (r"Answer: $\sqrt{49}$", "7", True),
    ],
)
def test_a_formula_counts_as_mathematics(text: str, expected: object, correct: bool) -> None:
    assert grade(text, expected, compute=Here())["symbolic_correct"] is correct


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("(a) Yes; (b) 4.", "4"),
        ("d0nkDN", "0"),
        ("H2O", "HO2"),
        ("BAC", "ABC"),
        ("2020-01-05", "2014"),
        ("1867-1870", "-3"),
        ("Chapter 4", "4"),
        ("4 apples", "4 pears"),
        ("A+", "A"),
        ("*args", "args"),
    ],
)
def test_a_text_is_not_compared_as_mathematics(answer: str, expected: str) -> None:
    assert grade(f"Answer: {answer}", expected)["symbolic_correct"] is False
    assert grade(f"Answer: {expected}", answer)["symbolic_correct"] is False


@pytest.mark.parametrize(
    ("answer", "expected"), [("x", "$x$"), ("$Yes$", "yes"), (r"\text{Yes}", "Yes."), ("H2O", "h2o")]
)
def test_marks_around_a_text_do_not_count(answer: str, expected: str) -> None:
    assert grade(f"Answer: {answer}", expected)["symbolic_correct"] is True


def test_a_comparison_that_fails_counts_as_wrong_and_says_why() -> None:
    assert grade(r"Answer: \sqrt{25}", "5", compute=Failing()) == {
        "predicted_answer": r"\sqrt{25}",
        "symbolic_correct": False,
        "grading_error": "timed out after 10 s",
    }


@pytest.mark.parametrize("kind", ["exactMatch", "multipleChoice"])
@pytest.mark.parametrize("how", [{"error": "out of context"}, {"reasoning_unfinished": True}])
def test_what_is_no_answer_is_not_graded(how: dict[str, Any], kind: str) -> None:
    assert grade("Answer: C", "C", kind, **how) == {"predicted_answer": None, "symbolic_correct": False}


@pytest.mark.parametrize("text", ["Answer: \ud800", "Answer: \x00", "Answer: " + "9" * 10**6, "Answer: " * 10**5])
def test_whatever_a_model_writes_is_graded(text: str) -> None:
    graded = grade(text, "5", compute=Here())
    assert graded["symbolic_correct"] is False
    assert msgspec.json.encode(graded)  # it can be written to a journal


def test_settings_are_checked_at_once() -> None:
    with pytest.raises(UsageError, match="must be more than 0"):
        dataclasses.replace(ShortAnswer(), timeout_seconds=0)


def test_identity_is_plain_json() -> None:
    identity = ShortAnswer(timeout_seconds=5).identity()
    assert json.loads(json.dumps(identity)) == identity
    assert identity != ShortAnswer().identity()
