"""Grades a function by its own tests, and by EvalPlus' further inputs."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from dataclasses import dataclass
from importlib import resources
from textwrap import indent
from typing import Any

from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade, Row
from northstar.graders.extract_code import Likeness, code_of, is_elided
from northstar.graders.functions.inside import BEGIN_AGAIN, LOADED, PASSED, TESTED
from northstar.sandbox.program import Limits, Outcome, Program, Setup
from northstar.task.grader import ComputeError, SolverContext

SETUP = Setup(
    modules=(
        "collections",
        "copy",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "re",
        "random",
        "string",
        "typing",
    ),
    prelude=resources.files(__package__).joinpath("inside.py").read_text(),
)
MAKE = Program(code="", call="make", setup=SETUP)
COMPARE = Program(code="compare()", setup=SETUP)
MOST_BEGINNINGS = 3
"""How often to begin where a program is gone between its tests and the token: it ended itself, or memory ran out."""
LARGEST_RESULTS = 16 << 20
ENDED = "it ended before its tests did"


@dataclass(frozen=True)
class FunctionTests:
    """Scores `passing_base_tests`, and `passing_plus_tests`: whether EvalPlus' inputs give the right results, too.

    Args:
        timeout_seconds: CPU time of loading the program, of the base tests, and of all further inputs; wall-clock time
            may be about twice as much.
        memory_gigabytes: Memory of the program.
    """

    timeout_seconds: float = 30.0
    memory_gigabytes: float = 4.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not value > 0:
                raise UsageError(f"++eval_config.{name}={value} must be more than 0.")

    version = 2

    @property
    def extraction(self) -> str:
        return "the last fenced block that defines the function"

    def identity(self) -> dict[str, Any]:
        return {"name": "function_tests", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        code = code_of(generation, function_likeness(row["function"]))
        if code is None:
            return _grade(None, "no code", "no code")
        program = program_of(row, code)
        base = plus = "not run"
        try:
            base = await self._base(row, program, solver_context)
            plus = base if base else await self._plus(row, program, solver_context)
        except ComputeError as error:
            return {**_grade(code, base, str(error)), "grading_error": str(error)}
        return _grade(code, base, plus)

    async def _base(self, row: Row, program: str, solver_context: SolverContext) -> str:
        """Return why the base tests are not passed, '' if they are. Raises ComputeError, ComputeLost."""
        assert solver_context.sandbox is not None
        tester = Program(code=f"step = staged({program!a})", call="step", setup=SETUP)
        for _ in range(MOST_BEGINNINGS):
            token = secrets.token_hex(16)
            requests: tuple[Any, ...] = ({}, {"tests": row["tests"]}, {"token": token})
            replies = [json.dumps(reply).encode() for reply in (LOADED, TESTED, token)]

            async def is_as_expected(number: int, outcome: Outcome, replies: list[bytes] = replies) -> bool:
                return outcome.output == replies[number]

            inputs = (json.dumps(request).encode() for request in requests)
            outcomes = await solver_context.sandbox.run_tests(tester, inputs, self._limits(), is_as_expected)
            last = outcomes[-1]
            solver_context.check_kept(last)
            if last.status != "ok":
                return _reason(last)
            if last.output == replies[-1]:
                return ""
            if last.output != json.dumps(BEGIN_AGAIN).encode():
                break
        return ENDED

    async def _plus(self, row: Row, program: str, solver_context: SolverContext) -> str:
        """Return why EvalPlus' inputs are not passed, '' if they are. Raises ComputeError, ComputeLost."""
        assert solver_context.attachments is not None
        asked = json.loads(solver_context.attachments.read(row["plus"]))
        given = {"function": row["function"], "inputs": asked["inputs"], "shape": asked["shape"]}
        made = await self._outcome(MAKE, {**given, "code": program}, solver_context)
        if made.status != "ok" or not made.output:
            return _reason(made)
        reference = {"code": asked["reference"], "set": asked["set"], "tolerance": asked["tolerance"]}
        compared = await self._outcome(COMPARE, {**given, **reference}, solver_context, b"\n" + made.output)
        return "" if compared.status == "ok" and compared.output == PASSED else _reason(compared)

    async def _outcome(
        self, program: Program, request: dict[str, Any], solver_context: SolverContext, results: bytes = b""
    ) -> Outcome:
        assert solver_context.sandbox is not None
        outcome = await solver_context.sandbox.run(program, json.dumps(request).encode() + results, self._limits())
        solver_context.check_kept(outcome)
        return outcome

    def _limits(self) -> Limits:
        return Limits(
            cpu_seconds=self.timeout_seconds,
            wall_seconds=2 * self.timeout_seconds + 3,
            memory_bytes=int(self.memory_gigabytes * 2**30),
            output_bytes=LARGEST_RESULTS,
        )


def program_of(row: Row, code: str) -> str:
    """Return the program: the answer's code after what was given, or as the rest of it where it defines no function.

    What is given, the beginning of the function with helpers before it, is a program itself.
    """
    given = row.get("given", "")
    if given and not _defines(row["function"], code):
        body = code if code[:1].isspace() else indent(code, "    ")
        return f"{given.rstrip()}\n{body}"
    return f"{given}\n{code}"


def function_likeness(function: str) -> Likeness:
    """Return what tells the block with the function from examples of its use and its output."""
    return lambda code: 2 - is_elided(code) if _defines(function, code) else 0


def _defines(function: str, code: str) -> bool:
    return re.search(rf"\bdef[ \t]+{re.escape(function)}\b", code) is not None


def _reason(outcome: Outcome) -> str:
    if outcome.status == "ok":
        return outcome.output.decode("utf-8", "replace")[:300] or ENDED
    return outcome.error or outcome.status


def _grade(code: str | None, base: str, plus: str) -> Grade:
    """Return the grade from why base and plus tests fail; '' where they pass."""
    grade: dict[str, Any] = {
        "completion": code,
        "passing_base_tests": not base,
        "passing_plus_tests": not base and not plus,
    }
    error = base or plus
    return {**grade, "test_error": error} if error else grade
