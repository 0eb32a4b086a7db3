"""Shared by graders of one final answer: which generations have none, and how to compare two answers."""

from __future__ import annotations

from northstar.core.records import Generation, Grade
from northstar.graders.math.compare import same_answer_quickly
from northstar.task.grader import SolverContext

NO_ANSWER: Grade = {"predicted_answer": None, "symbolic_correct": False}


def is_unanswered(generation: Generation) -> bool:
    """Return whether there is nothing to grade: the request failed, or the reasoning is unfinished."""
    return generation.error is not None or generation.reasoning_unfinished


async def same_mathematically(expected: str, predicted: str, solver_context: SolverContext, timeout: float) -> bool:
    """Return whether two answers are mathematically equal. Raises ComputeError if that takes too long or fails."""
    verdict = same_answer_quickly(expected, predicted)
    if verdict is None:
        verdict = await solver_context.compute.call(
            "northstar.graders.math.compare:same_answer", expected, predicted, timeout=timeout
        )
    return bool(verdict)
