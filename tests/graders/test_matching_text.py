"""The share of matching text after the prefix that is demanded, as the card of MRCR computes it."""

from __future__ import annotations

import asyncio
import importlib
from difflib import SequenceMatcher
from typing import Any

import pytest

from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade
from northstar.graders.matching_text import MatchingText
from northstar.task.grader import ComputeError, SolverContext

ROW = {"id": 1, "expected_answer": "aYooSG8CQgA poem about tapirs", "prefix": "aYooSG8CQg"}


class Here:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(*arguments)


class Late:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise ComputeError(f"timed out after {timeout:g} s")


def grade(text: str, compute: Any = None, **fields: Any) -> Grade:
    context = SolverContext(compute=compute or Here())
    return asyncio.run(MatchingText()(ROW, Generation(generation=text, **fields), context))


def official(response: str, answer: str, prefix: str) -> float:
    """The metric as the dataset's card defines it, in our own words."""
    if not response.startswith(prefix):
        return 0.0
    return float(SequenceMatcher(None, response.removeprefix(prefix), answer.removeprefix(prefix)).ratio())


@pytest.mark.parametrize(
    "text",
    [
        "aYooSG8CQgA poem about tapirs",
        "aYooSG8CQgA poem about frogs",
        "aYooSG8CQg",
        "A poem about tapirs",
        " aYooSG8CQgA poem about tapirs",
        "aYooSG8CQg A poem about tapirs\n",
        "aYooSG8CQgaYooSG8CQgA poem about tapirs",
        "aYooSG8CQg" + "A poem about tapirs" * 200,
        "",
    ],
)
def test_the_ratio_is_the_official_one(text: str) -> None:
    assert grade(text) == {"match_ratio": official(text, ROW["expected_answer"], ROW["prefix"])}  # type: ignore[arg-type]


def test_the_whole_text_after_the_prefix_scores_1() -> None:
    assert grade("aYooSG8CQgA poem about tapirs") == {"match_ratio": 1.0}


@pytest.mark.parametrize("fields", [{"error": "out of context"}, {"reasoning_unfinished": True}])
def test_no_answer_scores_0(fields: dict[str, Any]) -> None:
    assert grade("aYooSG8CQgA poem about tapirs", **fields) == {"match_ratio": 0.0}


def test_a_comparison_that_takes_too_long_scores_0_and_says_so() -> None:
    assert grade("aYooSG8CQgx", Late()) == {"match_ratio": 0.0, "grading_error": "timed out after 60 s"}


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_limit_of_nothing_is_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"timeout_seconds=.* must be more than 0"):
        MatchingText(timeout_seconds=seconds)
