"""What of an answer gets a field of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from northstar.core.records import Generation
from northstar.graders.extracted.grader import Extracted, by_regex, by_schema
from northstar.task.grader import ComputeError, SolverContext

POINT = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
    "required": ["x"],
    "additionalProperties": False,
}


class Here:
    """Computes in this process, or not at all."""

    def __init__(self, error: str = "") -> None:
        self._error = error

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        del timeout
        if self._error:
            raise ComputeError(self._error)
        known: dict[str, Callable[..., Any]] = {"by_regex": by_regex, "by_schema": by_schema}
        return known[function.rpartition(":")[2]](*arguments)


def graded(grader: Extracted, text: str, error: str = "", **fields: Any) -> Any:
    context = SolverContext(compute=Here(error))
    return asyncio.run(grader({"id": 1}, Generation(generation=text, **fields), context))


def test_the_last_match_counts() -> None:
    assert graded(Extracted("score", r"Score: (\d)"), "Score: 1. No: Score: 2.") == {"score": "2"}


def test_without_a_match_it_is_null() -> None:
    assert graded(Extracted("score", r"Score: (\d)"), "none") == {"score": None}


def test_an_answer_that_is_none_has_nothing() -> None:
    assert graded(Extracted("score", ".*"), "", error="not called") == {"score": None}


def test_a_pattern_that_takes_too_long_is_told() -> None:
    assert graded(Extracted("s", "(a+)+$"), "aaab", error="timed out after 10 s") == {
        "s": None,
        "grading_error": "timed out after 10 s",
    }


def test_without_a_field_nothing_is_extracted() -> None:
    assert graded(Extracted(), "text", error="not called") == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"x": 1}', {"x": 1}),
        ('So it is\n```json\n{"x": 1, "y": 2}\n```\nas I said {not this}.', {"x": 1, "y": 2}),
        ('first {"x": 1}, then {"x": 2}', {"x": 2}),
        ('{"x": 1} but not {"x": "2"}, {"z": 1}', {"x": 1}),
        ('{"x": 1, "y": ', None),
        ("[1, 2]", None),
        ('{"x": NaN}', None),
        ("{" * 3000, None),
    ],
)
def test_the_last_json_value_that_agrees_counts(text: str, value: Any) -> None:
    assert by_schema(text, POINT) == value


def test_its_settings_tell_results_apart() -> None:
    assert Extracted("a", "x").identity() != Extracted("b", "x").identity() != Extracted("b", None, POINT).identity()
