"""Grades nothing, where only a judge can say anything of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.task.grader import SolverContext


@dataclass(frozen=True)
class GradesNothing:
    """Scores nothing: a judge compares the whole text with another."""

    version = 1

    @property
    def extraction(self) -> str:
        return "the whole text, by a judge who compares it with another"

    def identity(self) -> dict[str, Any]:
        return {"name": "grades_nothing"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        return {}
