"""A generation is graded by the letter that it chooses among its row's options."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest

from northstar.core.records import Generation, Grade
from northstar.graders.multiple_choice import MultipleChoice
from northstar.task.grader import SolverContext

ROW = {"options": {"A": "3", "B": "4", "C": "5"}, "expected_answer": "B"}


class NoCompute:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise AssertionError(f"{function} was not to be called")


def grade(text: str, **how: Any) -> Grade:
    generation = Generation(generation=text, **how)
    return asyncio.run(MultipleChoice()(ROW, generation, SolverContext(NoCompute())))


@pytest.mark.parametrize(
    ("text", "predicted", "correct"),
    [
        ("Answer: B", "B", True),
        ("answer: (b)", "B", True),
        ("Answer: A", "A", False),
        ("Answer: D", None, False),
        ("4", None, False),
        ("", None, False),
        ("\ud800\x00", None, False),
    ],
)
def test_the_letter_counts(text: str, predicted: str | None, correct: bool) -> None:
    graded = grade(text)
    assert graded == {"predicted_answer": predicted, "symbolic_correct": correct}
    assert msgspec.json.encode(graded)  # it can be written to a journal


@pytest.mark.parametrize("how", [{"error": "out of context"}, {"reasoning_unfinished": True}])
def test_what_is_no_answer_is_not_graded(how: dict[str, Any]) -> None:
    assert grade("Answer: B", **how) == {"predicted_answer": None, "symbolic_correct": False}


def test_identity_is_plain_json() -> None:
    identity = MultipleChoice().identity()
    assert json.loads(json.dumps(identity)) == identity == {"name": "multiple_choice"}
