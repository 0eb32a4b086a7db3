"""A program is graded by its tests, with the limits that LiveCodeBench's own grader has."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.livecodebench.code_tests import QUICKLY_COMPARED, CodeTests
from northstar.benchmarks.livecodebench.compare_output import same_output, same_value
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Grade
from northstar.data.attachments import Attachment, Attachments, keep
from northstar.sandbox.program import Outcome
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose
from northstar.task.grader import ComputeError, ComputeLost, SolverContext


class NoCompute:
    """Has never time to compare."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise ComputeError(f"timed out after {timeout:g} s")


def graded(
    code: str, given: str, expected: str, folder: Path, function: str | None = None, lacks: tuple[str, ...] = ()
) -> Grade:
    test = json.dumps({"input": given, "output": expected}).encode() + b"\n"
    return graded_on(test, f"```python\n{code}\n```", folder, function, lacks)


def graded_on(
    test: bytes, answer: str, folder: Path, function: str | None = None, lacks: tuple[str, ...] = ()
) -> Grade:
    row = {"id": "a", "function": function, "tests": keep(Attachment("tests", lambda: test), folder, "bench")}

    async def grade() -> Grade:
        tier = await choose("auto")
        async with Sandbox(tier.name, 1, tier.interpreter, lacks) as sandbox:
            solver_context = SolverContext(compute=NoCompute(), sandbox=sandbox, attachments=Attachments(folder))
            generation = Generation(generation=answer, finish_reason="stop", num_generated_tokens=1)
            return await CodeTests()(row, generation, solver_context)

    return asyncio.run(grade())


SCRIPT = "def main():\n    print(int(input()) + 1)\nmain()\n"
METHOD = "class Solution:\n    def up(self, n): return n + 1\n"


@pytest.mark.parametrize(
    ("answer", "function", "status"),
    [
        (f"```python\n{SCRIPT}```\nOutput:\n```\n2\n```\nRun it:\n```bash\npython main.py\n```", None, "passed"),
        (f"Assistant: ```python\n{SCRIPT.replace('+', '-')}```\nNo: ```py\n{SCRIPT}```", None, "passed"),
        (f"```python\n{SCRIPT}```\nNo: ```py\n{SCRIPT.replace('+', '-')}```", None, "wrong answer"),
        (f"```python\n{METHOD}```\nExample:\n```python\nprint(Solution().up(1))\n```", "up", "passed"),
        (f"```python\n{METHOD.replace('+', '-')}```\nExample:\n```\n2\n```", "up", "wrong answer"),
        ("The answer is 2.", None, "no code"),
    ],
)
def test_the_program_of_an_answer_is_graded(answer: str, function: str | None, status: str, tmp_path: Path) -> None:
    assert graded_on(b'{"input": "1", "output": "2"}\n', answer, tmp_path, function)["status"] == status


@pytest.mark.parametrize(
    ("code", "function"),
    [
        ("print(10 ** int(input()) + 7)", None),
        ("def power(n): return [10 ** n + 7]", "power"),
        ("class Solution:\n  def power(self, n): return [int('1' + '0' * n) + 7]", "power"),
    ],
)
def test_a_number_may_have_fifty_thousand_digits(code: str, function: str | None, tmp_path: Path) -> None:
    number = "1" + "0" * 9_999 + "7"
    expected = number if function is None else f"[ {number} ]"
    assert graded(code, "10000", expected, tmp_path, function)["status"] == "passed"
    wrong = expected.replace("7", "8")
    assert graded(code, "10000", wrong, tmp_path / "wrong", function)["status"] == "wrong answer"


def test_an_output_that_could_not_be_compared_says_so(tmp_path: Path) -> None:
    grade = graded(f"print('1' * {QUICKLY_COMPARED})", "", "1.0", tmp_path)
    assert (grade["status"], grade["test_error"]) == (
        "wrong answer",
        "its output could not be compared: timed out after 60 s",
    )
    assert grade["grading_error"] == "timed out after 60 s"


class Losing:
    """A sandbox whose programs are killed from outside."""

    lacks = ()

    async def run_tests(self, *_given: object) -> list[Outcome]:
        return [Outcome(status="crash", error="killed by SIGKILL", lost=True)]


@pytest.mark.parametrize(("lost", "noted"), [(ComputeLost, None), (ComputeError, "the program was lost")])
def test_a_program_that_was_lost_is_not_graded_unless_that_is_to_be_recorded(
    tmp_path: Path, lost: type[ComputeError | ComputeLost], noted: str | None
) -> None:
    row = {"function": None, "tests": keep(Attachment("tests", lambda: b""), tmp_path, "bench")}
    sandbox: Any = Losing()
    solver_context = SolverContext(compute=NoCompute(), sandbox=sandbox, attachments=Attachments(tmp_path), lost=lost)
    generation = Generation(generation="```python\nprint(1)\n```", finish_reason="stop", num_generated_tokens=1)
    try:
        grade = asyncio.run(CodeTests()(row, generation, solver_context))
    except ComputeLost:
        assert noted is None
    else:
        assert (grade["accuracy"], grade["grading_error"]) == (False, f"{noted}: killed by SIGKILL")


@pytest.mark.parametrize(
    ("code", "lacks", "error"),
    [
        ("import pandas", ("numpy", "pandas"), "the environment for programs lacks pandas"),
        ("from pandas.core import frame", ("pandas",), "the environment for programs lacks pandas"),
        (
            "raise ImportError('numpy: its libraries are broken')",
            ("numpy",),
            "the environment for programs lacks numpy",
        ),
        ("import pandas", (), None),  # the program's own claim, where all is there
        ("import panda", ("pandas",), None),
        ("raise ValueError('pandas')", ("pandas",), None),
    ],
)
def test_a_package_that_should_be_there_and_is_not_is_no_fault_of_the_program(
    code: str, lacks: tuple[str, ...], error: str | None, tmp_path: Path
) -> None:
    assert graded(code, "", "1", tmp_path, lacks=lacks).get("grading_error") == error


def test_a_row_without_tests_is_refused_and_no_program_passes_it(tmp_path: Path) -> None:
    class Empty:
        async def run_tests(self, *_given: object) -> list[Outcome]:
            return []

    row = {"id": "abc301", "function": None, "tests": keep(Attachment("tests", lambda: b""), tmp_path, "bench")}
    sandbox: Any = Empty()
    solver_context = SolverContext(compute=NoCompute(), sandbox=sandbox, attachments=Attachments(tmp_path))
    generation = Generation(generation="```python\nprint(1)\n```", finish_reason="stop", num_generated_tokens=1)
    with pytest.raises(NorthstarError, match="row abc301 has no tests to pass"):
        asyncio.run(CodeTests()(row, generation, solver_context))


@pytest.mark.parametrize(("output", "expected"), [("", "1"), ("1", ""), ("", "0.0"), ("\n\n", "1\n2"), ("1\n", "1\n2")])
def test_an_output_of_nothing_equals_nothing_else(output: str, expected: str) -> None:
    assert not same_output(output, expected)
    assert not same_value(output, expected)


@pytest.mark.parametrize(
    ("result", "expected"), [("[]", "[1]"), ("[1]", "[]"), ("{}", "[]"), ("null", "[]"), ("[]", "")]
)
def test_a_result_of_nothing_equals_nothing_else(result: str, expected: str) -> None:
    assert not same_value(result, expected)


@pytest.mark.parametrize("test", [b'{"input": 5, "output": "x"}\n', b"[" * 3000, b'{"input": "", "output": "\xe9"}\n'])
def test_tests_that_cannot_be_read_are_no_verdict_on_the_program(test: bytes, tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="the tests of row 'a' in bench/tests cannot be read"):
        graded_on(test, "```python\nprint(1)\n```", tmp_path)
