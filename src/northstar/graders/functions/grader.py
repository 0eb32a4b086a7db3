"""Grades a function by its own tests, and by EvalPlus' further inputs."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from importlib import resources
from textwrap import indent
from typing import Any

from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade, Row
from northstar.graders.extract_code import Likeness, code_of, is_elided
from northstar.sandbox.program import Limits, Outcome, Program, Setup
from northstar.task.grader import ComputeError, SolverContext

PASSED = b"passed"
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
TEST, MAKE, COMPARE = (Program(code=f"{name}()", setup=SETUP) for name in ("test", "make", "compare"))
LARGEST_RESULTS = 16 << 20


@dataclass(frozen=True)
class FunctionTests:
    """Scores `passing_base_tests`, and `passing_plus_tests`: whether EvalPlus' inputs give the right results, too.

    Args:
        timeout_seconds: CPU time of the base tests, and of all further inputs; wall-clock time may be about twice as
            much.
        memory_gigabytes: Memory of the program.
    """

    timeout_seconds: float = 30.0
    memory_gigabytes: float = 4.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not value > 0:
                raise UsageError(f"++eval_config.{name}={value} must be more than 0.")

    version = 1

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
            base = await self._run(TEST, {"code": program, "tests": row["tests"]}, solver_context)
            plus = base if base else await self._plus(row, program, solver_context)
        except ComputeError as error:
            return {**_grade(code, base, str(error)), "grading_error": str(error)}
        return _grade(code, base, plus)

    async def _plus(self, row: Row, program: str, solver_context: SolverContext) -> str:
        """Return why EvalPlus' inputs are not passed, '' if they are. Raises ComputeError, ComputeLost."""
        assert solver_context.attachments is not None
        asked = json.loads(solver_context.attachments.read(row["plus"]))
        given = {"function": row["function"], "inputs": asked["inputs"], "shape": asked["shape"]}
        made = await self._outcome(MAKE, {**given, "code": program}, solver_context)
        if made.status != "ok" or not made.output:
            return _reason(made)
        reference = {"code": asked["reference"], "set": asked["set"], "tolerance": asked["tolerance"]}
        return await self._run(COMPARE, {**given, **reference}, solver_context, made.output)

    async def _run(
        self, program: Program, request: dict[str, Any], solver_context: SolverContext, results: bytes = b""
    ) -> str:
        outcome = await self._outcome(program, request, solver_context, results)
        return "" if outcome.status == "ok" and outcome.output == PASSED else _reason(outcome)

    async def _outcome(
        self, program: Program, request: dict[str, Any], solver_context: SolverContext, results: bytes = b""
    ) -> Outcome:
        limits = Limits(
            cpu_seconds=self.timeout_seconds,
            wall_seconds=2 * self.timeout_seconds + 3,
            memory_bytes=int(self.memory_gigabytes * 2**30),
            output_bytes=LARGEST_RESULTS,
        )
        assert solver_context.sandbox is not None
        outcome = await solver_context.sandbox.run(program, json.dumps(request).encode() + b"\n" + results, limits)
        solver_context.check_kept(outcome)
        return outcome


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
        return outcome.output.decode("utf-8", "replace")[:300] or "it ended before its tests did"
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
