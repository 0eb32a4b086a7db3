"""Grades a final mathematical answer against the expected one."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade, Row
from northstar.core.text import storable
from northstar.graders.extract import extract_boxed
from northstar.graders.final_answer import NO_ANSWER, is_unanswered, same_mathematically
from northstar.task.grader import ComputeError, SolverContext, check_timeout


@dataclass(frozen=True)
class MathAnswer:
    r"""Scores `predicted_answer` and `symbolic_correct` against the row's `expected_answer`.

    Args:
        extract_regex: Take the answer from its last match (first group, if any) instead of the last \boxed{}.
        timeout_seconds: Time limit of one comparison; beyond it, the answer is wrong, with `grading_error` in the
        record.

    Raises:
        UsageError: A setting is invalid.
    """

    extract_regex: str | None = None
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        check_timeout(self.timeout_seconds)
        try:
            re.compile(self.extract_regex or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(f"++eval_config.extract_regex='{self.extract_regex}' is not a regex: {error}.") from None

    version = 1

    @property
    def extraction(self) -> str:
        return r"the last \boxed{}" if self.extract_regex is None else f"the last match of {self.extract_regex}"

    def identity(self) -> dict[str, Any]:
        return {"name": "math_answer", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        if is_unanswered(generation):
            return NO_ANSWER
        predicted: str | None = None
        try:
            predicted = await self._extract(generation.generation, solver_context)
            if predicted is None:
                return NO_ANSWER
            correct = await same_mathematically(
                str(row["expected_answer"]), predicted, solver_context, self.timeout_seconds
            )
        except ComputeError as error:
            return {"predicted_answer": predicted, "symbolic_correct": False, "grading_error": str(error)}
        return {"predicted_answer": predicted, "symbolic_correct": correct}

    async def _extract(self, text: str, solver_context: SolverContext) -> str | None:
        if self.extract_regex is None:
            found = extract_boxed(text)
        else:  # a user's pattern, which may run forever
            found = await solver_context.compute.call(
                "northstar.graders.extract:extract_by_regex", text, self.extract_regex, timeout=self.timeout_seconds
            )
        return None if found is None else storable(found)
