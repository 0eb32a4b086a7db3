"""Grades tool calls with BFCL's official checkers, which run in separate processes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from northstar.benchmarks.bfcl_v3.calls import STEP_LIMIT, Call, ask_official, decoded, entry_of
from northstar.core.records import Generation, Grade, Row
from northstar.core.text import storable
from northstar.task.grader import ComputeError, SolverContext, check_timeout


@dataclass(frozen=True)
class OfficialCheck:
    """Scores `correct`; for wrong calls, `checker_error` names the broken rule and `checker_message` explains it.

    Args:
        package: The checkers' package, for run.json.
        timeout_seconds: Time limit of one check; beyond it, the calls are wrong, with `grading_error` in the record.

    Raises:
        UsageError: A setting is invalid.
    """

    package: str = ""
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        check_timeout(self.timeout_seconds)

    version = 1

    @property
    def extraction(self) -> str:
        return "the tool calls"

    def identity(self) -> dict[str, Any]:
        return {"name": "bfcl_v3", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        if generation.error is not None:
            return _wrong("error", "there is no answer")
        if "relevance" in row["category"]:
            return _by_whether_it_calls(row["category"], decoded(generation.tool_calls))
        try:
            if "involved_classes" in row:
                return await self._turns(row, generation, solver_context)
            return await self._calls(row, decoded(generation.tool_calls), solver_context)
        except ComputeError as error:
            return {**_wrong("checker_error", str(error)), "grading_error": str(error)}

    async def _calls(self, row: Row, calls: list[Call] | None, solver_context: SolverContext) -> Grade:
        if calls is None:
            return _wrong("ast_decoder:decoder_failed", "arguments that are no JSON object")
        if not calls:
            return _wrong("ast_decoder:no_call", "no tool was called")
        questions = (row["category"], row["function"], row["ground_truth"], calls)
        return _grade(await ask_official(solver_context, "check_calls", *questions, timeout=self.timeout_seconds))

    async def _turns(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        """Check a conversation; steps without readable calls are ignored, as officially."""
        if generation.finish_reason == STEP_LIMIT:
            return _wrong("multi_turn:force_terminated", "the model did not stop to call tools")
        steps = generation.steps or []
        turns: list[list[list[Call]]] = [[] for _ in row["question"]]
        for step in steps:
            if calls := decoded(step.tool_calls):
                turns[step.turn].append(calls)
        if len(turns) != len(row["ground_truth"]):
            return _wrong(
                "multi_turn:force_terminated", f"{len(turns)} turns, the reference has {len(row['ground_truth'])}"
            )
        questions = (entry_of(row), row["ground_truth"], turns)
        return _grade(await ask_official(solver_context, "check_turns", *questions, timeout=self.timeout_seconds))


def _by_whether_it_calls(category: str, calls: list[Call] | None) -> Grade:
    if "irrelevance" in category:
        return _wrong("irrelevance_error:decoder_success", "a tool was called") if calls else {"correct": True}
    return {"correct": True} if calls else _wrong("relevance_error:decoder_failed", "no tool was called")


def _grade(verdict: dict[str, Any]) -> Grade:
    return {"correct": True} if verdict["valid"] else _wrong(verdict["error_type"], verdict["error"])


def _wrong(rule: str, message: str) -> dict[str, bool | str]:
    return {"correct": False, "checker_error": rule, "checker_message": storable(message)}
