"""Grades answers by the instructions of their rows, with the official verifiers in separate processes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.task.grader import ComputeError, SolverContext, check_timeout

READINGS = ("strict", "loose")


@dataclass(frozen=True)
class FollowsInstructions:
    """Verifies each instruction of a row, in a strict and a loose reading.

    For each reading a grade has `<reading>_instructions`, the verdicts by instruction, and as scores
    `prompt_<reading>_accuracy`, whether all are followed, and `instruction_<reading>_accuracy`, the share of those
    followed. A verdict is null where a model is missing, a verifier of that name, or arguments that it takes:
    `ungraded` then names it, and `verified_share` is the share of the row's instructions that have verdicts in both
    readings; scores count those.

    Args:
        benchmark: Whose instructions they are, for run.json.
        package: The verifiers' package, for run.json.
        timeout_seconds: Time limit of one answer; beyond it, no instruction counts as followed, with `grading_error` in
            the record.
    """

    benchmark: str = ""
    package: str = ""
    timeout_seconds: float = 20.0

    def __post_init__(self) -> None:
        check_timeout(self.timeout_seconds)

    version = 1

    @property
    def extraction(self) -> str:
        return "the whole answer"

    def identity(self) -> dict[str, Any]:
        return {"name": "follows_instructions", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        names = row["instruction_id_list"]
        nothing = {reading: [False] * len(names) for reading in READINGS}
        if generation.error is not None:
            return graded(nothing)
        helper, given = solver_context.helper, (names, row["kwargs"], row["problem"])
        assert helper is not None
        try:
            found = await helper.call("official:verdicts", *given, generation.generation, timeout=self.timeout_seconds)
        except ComputeError as error:
            return {**graded(nothing), "grading_error": str(error)}
        return {**graded(found), **({"ungraded": found["lacks"]} if found["lacks"] else {})}


def graded(verdicts: dict[str, Any]) -> dict[str, Any]:
    """Return the grade of verdicts by reading; an instruction without a verdict in one reading counts in neither."""
    known = [None not in both for both in zip(*(verdicts[reading] for reading in READINGS), strict=True)]
    grade: dict[str, Any] = {}
    for reading in READINGS:
        followed = [bool(verdict) for verdict, counts in zip(verdicts[reading], known, strict=True) if counts]
        grade[f"{reading}_instructions"] = verdicts[reading]
        grade[f"prompt_{reading}_accuracy"] = all(known) and all(followed)
        grade[f"instruction_{reading}_accuracy"] = sum(followed) / len(followed) if followed else 0.0
    return grade | {"verified_share": sum(known) / len(known) if known else 0.0, "num_instructions": len(known)}
