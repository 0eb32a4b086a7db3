"""Grades the steps of a SciCode problem, each by its tests, with the code of the steps before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from northstar.benchmarks.scicode.harness import COMPARE, MAKE, PASSED, compare_request, make_request
from northstar.benchmarks.scicode.split_tests import split_tests
from northstar.benchmarks.scicode.step_code import step_code
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.records import Generation, Grade, Row
from northstar.sandbox.program import Limits, Outcome
from northstar.task.grader import ComputeError, SolverContext

LARGEST_VALUES = 512 << 20
"""Bytes of the values that a step's tests compute."""
_TIMEOUT = "time limit"


@dataclass(frozen=True)
class SciCodeSteps:
    """Scores `problem_accuracy`, whether all graded steps pass, and `subtask_accuracy`, the share that does.

    A step passes if its tests pass, run with the code of the steps before it, right or wrong. What fails in that code,
    such as an import, fails only the steps that use it. Steps with given code are not graded; unanswered steps fail.

    Args:
        timeout_seconds: CPU time for a step's tests together.
        memory_gigabytes: Memory of its program.
    """

    timeout_seconds: float = 300.0
    memory_gigabytes: float = 8.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not value > 0:
                raise UsageError(f"++eval_config.{name}={value} must be more than 0.")

    version = 1

    @property
    def extraction(self) -> str:
        return "in each answer the last fenced block that defines the step's function"

    def identity(self) -> dict[str, Any]:
        return {"name": "scicode_steps", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        turns = {turn.name: turn for turn in generation.turns or ()}
        before: list[str] = [row["dependencies"]]
        found: list[dict[str, str]] = []
        lost = ""
        for place, step in enumerate(row["sub_steps"]):
            if step.get("given") is not None:
                before.append(step["given"])
                continue
            turn = turns.get(step["step"])
            code = None if turn is None else step_code(row, place, turn)
            if code is None:
                failure = "not answered" if turn is None else "no code"
            else:
                try:
                    failure = await self._failure(row, step, before, code, solver_context)
                except ComputeError as error:
                    failure = lost = str(error)
                before.append(code)
            found.append(_status(step["step"], failure))
        if not found:
            raise NorthstarError(f"row {row['id']} has no steps to grade; prepare scicode again.")
        passed = sum(each["process_status"] == "completed" for each in found)
        grade = {
            "problem_accuracy": passed == len(found),
            "subtask_accuracy": passed / len(found),
            "num_subtasks": len(found),
            "eval_status": found,
        }
        return grade | ({"grading_error": lost} if lost else {})

    async def _failure(
        self, row: Row, step: dict[str, Any], before: Sequence[str], code: str, solver_context: SolverContext
    ) -> str:
        """Return why the step's program fails, '' if it passes. Raises ComputeError, ComputeLost."""
        assert solver_context.sandbox is not None
        assert solver_context.attachments is not None
        if not step["tests"]:
            raise NorthstarError(f"step {step['step']} has no tests to pass; prepare scicode again.")
        split = split_tests(step["tests"])
        limits = Limits(
            cpu_seconds=self.timeout_seconds,
            wall_seconds=1.5 * self.timeout_seconds + 30,
            memory_bytes=int(self.memory_gigabytes * 2**30),
            output_bytes=LARGEST_VALUES,
        )
        made = await solver_context.sandbox.run(MAKE, make_request(code, split.making, before), limits)
        solver_context.check_kept(made)
        if made.status != "ok":
            return _reason(made)
        if not made.output:
            return "it ended before its tests did"
        if not any(split.comparing):
            return ""
        targets = solver_context.attachments.read(step["targets"])
        request = compare_request(row["dependencies"], split.comparing, made.output, targets)
        compared = await solver_context.sandbox.run(COMPARE, request, limits)
        solver_context.check_kept(compared)
        if compared.output == PASSED:
            return ""
        return "wrong answer" if compared.error.startswith("AssertionError") else f"wrong answer ({_reason(compared)})"


def _reason(outcome: Outcome) -> str:
    return _TIMEOUT if outcome.status == _TIMEOUT else outcome.error or outcome.status


def _status(step: str, failure: str) -> dict[str, str]:
    """Return a step's status as scripts for NeMo-Skills read it: 'completed' means that it passed."""
    if not failure:
        return {"step": step, "process_status": "completed"}
    return {"step": step, "process_status": "timeout" if failure == _TIMEOUT else "error", "error": failure}
