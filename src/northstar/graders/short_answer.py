"""Grades rows that ask for a letter or a short text, such as those of HLE."""

from __future__ import annotations

import dataclasses
import re
import string
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.core.text import storable
from northstar.graders.extract_choice import extract_choice
from northstar.graders.extract_line import extract_line
from northstar.graders.final_answer import NO_ANSWER, is_unanswered, same_mathematically
from northstar.graders.mathematical_text import is_mathematics
from northstar.task.grader import ComputeError, SolverContext, check_timeout


@dataclass(frozen=True)
class ShortAnswer:
    """Scores `predicted_answer` and `symbolic_correct` against the row's `expected_answer`.

    A row whose `answer_type` is multipleChoice, with options in the problem's text, is graded by its letter. Any other
    row is graded by the text of its answer line, which must be equal up to case and whitespace, or mathematically where
    both are mathematics.

    Args:
        timeout_seconds: Time limit of one comparison; beyond it, the answer is wrong, with `grading_error` in the
        record.
    """

    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        check_timeout(self.timeout_seconds)

    version = 2

    @property
    def extraction(self) -> str:
        return r'the last line "Answer: …", else the last \boxed{}; of lettered options the letter'

    def identity(self) -> dict[str, Any]:
        return {"name": "short_answer", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        if is_unanswered(generation):
            return NO_ANSWER
        expected = str(row["expected_answer"]).strip()
        if row.get("answer_type") == "multipleChoice" and re.fullmatch("[A-Za-z]", expected):
            letter = extract_choice(generation.generation, string.ascii_uppercase)
            return {"predicted_answer": letter, "symbolic_correct": letter == expected.upper()}
        found = extract_line(generation.generation)
        if found is None:
            return NO_ANSWER
        predicted = storable(found)
        try:
            correct = await self._same(expected, predicted, solver_context)
        except ComputeError as error:
            return {"predicted_answer": predicted, "symbolic_correct": False, "grading_error": str(error)}
        return {"predicted_answer": predicted, "symbolic_correct": correct}

    async def _same(self, expected: str, predicted: str, solver_context: SolverContext) -> bool:
        if _plain(expected) == _plain(predicted):
            return True
        if not (is_mathematics(expected) and is_mathematics(predicted)):
            return False
        return await same_mathematically(expected, predicted, solver_context, self.timeout_seconds)


_WRAPPED = re.compile(r"\$([^$]+)\$|\\\((.+)\\\)|\\text\{([^{}]+)\}", re.DOTALL)


def _plain(answer: str) -> str:
    """Return the text without what does not tell answers apart: case, whitespace, a full stop, dollar signs."""
    answer = answer.strip().removesuffix(".")
    while (wrapped := _WRAPPED.fullmatch(answer)) is not None:
        answer = wrapped[wrapped.lastindex or 0].strip().removesuffix(".")
    return " ".join(answer.casefold().split())
