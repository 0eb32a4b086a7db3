"""Grades the letter that a generation chooses among the row's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.graders.extract_choice import extract_choice
from northstar.graders.final_answer import NO_ANSWER, is_unanswered
from northstar.task.grader import SolverContext


@dataclass(frozen=True)
class MultipleChoice:
    """Scores `predicted_answer` and `symbolic_correct` against the letter in the row's `expected_answer`.

    The row's `options` map letters to texts: {"A": "…", "B": "…"}. A letter that is not among them is no answer.
    """

    version = 2

    @property
    def extraction(self) -> str:
        return 'the letter in the last box, else in the last statement of an answer ("Answer: C")'

    def identity(self) -> dict[str, Any]:
        return {"name": "multiple_choice"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        del solver_context
        if is_unanswered(generation):
            return NO_ANSWER
        letter = extract_choice(generation.generation, list(row["options"]))
        return {"predicted_answer": letter, "symbolic_correct": letter is not None and letter == row["expected_answer"]}
