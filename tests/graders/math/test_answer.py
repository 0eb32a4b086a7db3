r"""A generation is graded by its boxed answer; whatever a model writes, the grader answers."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from northstar.compute.pool import ComputePool
from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade
from northstar.graders.math.answer import MathAnswer
from northstar.task.grader import ComputeError, Grader, SolverContext

TOWER = r"\dfrac{5^{\left(5^{\left(5^{\left(5^5\right)}\right)} - 4\right)} - 5}{16}"
"""It hangs math-verify in spite of its own time limit."""


class NoCompute:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise AssertionError(f"{function}{arguments} within {timeout} s was not to be called")


class Failing:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise ComputeError(f"timed out after {timeout:g} s")


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(loop: asyncio.Runner) -> Iterator[ComputePool]:
    pool = ComputePool(1)
    loop.run(pool.__aenter__())
    yield pool
    loop.run(pool.__aexit__(None, None, None))


def grade(
    text: str, expected: object = "5", compute: Any = None, grader: MathAnswer | None = None, **how: Any
) -> Grade:
    chosen: Grader = grader or MathAnswer()
    generation = Generation(generation=text, **how)
    return asyncio.run(chosen({"expected_answer": expected}, generation, SolverContext(compute or NoCompute())))


@pytest.mark.parametrize(
    ("text", "predicted", "correct"),
    [
        (r"So \boxed{5}.", "5", True),
        (r"\boxed{4} no, \boxed{5.0}", "5.0", True),
        (r"\boxed{6}", "6", False),
        ("5", None, False),
        (r"\boxed{}", None, False),
        ("{" * 10**6, None, False),
        (r"\boxed{" * 10**5, None, False),
        ("\\boxed{" + "9" * 10**6 + "}", "9" * 10**6, False),
    ],
)
def test_the_boxed_answer_counts(text: str, predicted: str | None, correct: bool) -> None:
    assert grade(text) == {"predicted_answer": predicted, "symbolic_correct": correct}


def test_an_expected_answer_may_be_a_number_in_the_row() -> None:
    assert grade(r"\boxed{5}", expected=5)["symbolic_correct"] is True


@pytest.mark.parametrize("how", [{"error": "out of context"}, {"reasoning_unfinished": True}])
def test_what_is_no_answer_is_not_graded(how: dict[str, Any]) -> None:
    assert grade(r"\boxed{5}", **how) == {"predicted_answer": None, "symbolic_correct": False}


def test_a_comparison_that_fails_counts_as_wrong_and_says_why() -> None:
    assert grade(r"\boxed{\sqrt{25}}", compute=Failing(), grader=MathAnswer(timeout_seconds=10)) == {
        "predicted_answer": r"\sqrt{25}",
        "symbolic_correct": False,
        "grading_error": "timed out after 10 s",
    }


def test_settings_are_checked_at_once() -> None:
    with pytest.raises(UsageError, match=r"extract_regex='\(' is not a regex"):
        MathAnswer(extract_regex="(")
    with pytest.raises(UsageError, match="must be more than 0"):
        MathAnswer(timeout_seconds=0)
    with pytest.raises(UsageError):
        dataclasses.replace(MathAnswer(), extract_regex="[")


def test_identity_is_plain_json() -> None:
    identity = MathAnswer(extract_regex="x").identity()
    assert json.loads(json.dumps(identity)) == identity
    assert identity != MathAnswer().identity()


@pytest.mark.parametrize(
    ("text", "expected", "correct"),
    [
        (r"\boxed{\sqrt{25}}", "5", True),
        ("\\boxed{五}", "五", True),
        ("\\boxed{五}", "5", False),
        ("\\boxed{5\x00}", "5", True),
        ("\\boxed{\x00}", "5", False),
        ("\\boxed{\ud800}", "5", False),
        ("\\boxed{5 \udfff\ud800}", "p - q", False),
        (r"\boxed{\left(\left(\left(}", "5", False),
        ("\\boxed{" + r"\frac{1}{" * 200 + "2" + "}" * 200 + "}", r"\sqrt{2}", False),
    ],
)
def test_whatever_a_model_writes_is_graded(
    loop: asyncio.Runner, pool: ComputePool, text: str, expected: str, correct: bool
) -> None:
    generation = Generation(generation=text)
    graded = loop.run(MathAnswer()({"expected_answer": expected}, generation, SolverContext(pool)))
    assert graded["symbolic_correct"] is correct
    assert msgspec.json.encode(graded)  # it can be written to a journal


@pytest.mark.slow
@pytest.mark.parametrize("monster", [TOWER, "10^{10^9}", r"3^{3^{3^{3^{3}}}}", "99999999!", "(" * 1500 + ")" * 400])
def test_computations_without_end_are_stopped_and_the_next_is_graded(
    loop: asyncio.Runner, pool: ComputePool, monster: str
) -> None:
    async def both() -> tuple[Grade, Grade]:
        grader, solver_context = MathAnswer(timeout_seconds=1), SolverContext(pool)
        hard = await grader({"expected_answer": "7"}, Generation(generation=f"\\boxed{{{monster}}}"), solver_context)
        patient = MathAnswer(timeout_seconds=30)
        easy = await patient({"expected_answer": "7"}, Generation(generation=r"\boxed{\sqrt{49}}"), solver_context)
        return hard, easy

    hard, easy = loop.run(both())
    assert hard["symbolic_correct"] is False
    assert hard["predicted_answer"] == monster
    assert easy == {"predicted_answer": r"\sqrt{49}", "symbolic_correct": True}


def test_the_users_pattern_can_neither_hang_nor_end_the_run(loop: asyncio.Runner, pool: ComputePool) -> None:
    async def graded(pattern: str, text: str) -> Grade:
        grader = MathAnswer(extract_regex=pattern, timeout_seconds=0.5)
        return await grader({"expected_answer": "5"}, Generation(generation=text), SolverContext(pool))

    assert loop.run(graded(r"Answer: (\S+)", "Answer: 4\nAnswer: 5")) == {
        "predicted_answer": "5",
        "symbolic_correct": True,
    }
    assert loop.run(graded(r"(a+)+$", "a" * 40 + "b")) == {
        "predicted_answer": None,
        "symbolic_correct": False,
        "grading_error": "timed out after 0.5 s",
    }
    assert loop.run(graded(r"Answer: (\S+)", "Answer: 5"))["symbolic_correct"] is True
