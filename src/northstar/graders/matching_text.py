"""Grades how much of a text a generation repeats, after a prefix that it has to begin with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.graders.final_answer import is_unanswered
from northstar.task.grader import ComputeError, SolverContext, check_timeout

SCORE = "match_ratio"


@dataclass(frozen=True)
class MatchingText:
    """Scores `match_ratio` against the row's `expected_answer`, both without the row's `prefix`.

    A generation that does not begin with the prefix scores 0.

    Args:
        timeout_seconds: Time limit of one comparison; beyond it the score is 0, with `grading_error` in the record.
    """

    timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        check_timeout(self.timeout_seconds)

    version = 1

    @property
    def extraction(self) -> str:
        return "the whole text, which must begin with the row's prefix"

    def identity(self) -> dict[str, Any]:
        return {"name": "matching_text", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        prefix = str(row["prefix"])
        if is_unanswered(generation) or not generation.generation.startswith(prefix):
            return {SCORE: 0.0}
        try:
            ratio = await solver_context.compute.call(
                "northstar.graders.matching_text:match_ratio",
                generation.generation.removeprefix(prefix),
                str(row["expected_answer"]).removeprefix(prefix),
                timeout=self.timeout_seconds,
            )
        except ComputeError as error:
            return {SCORE: 0.0, "grading_error": str(error)}
        return {SCORE: ratio}


def match_ratio(text: str, expected: str) -> float:
    """Return twice the number of matching characters over that of all characters, as MRCR's card computes it.

    >>> match_ratio("abcd", "abcd"), match_ratio("abcd", "bcde"), match_ratio("", "x")
    (1.0, 0.75, 0.0)
    """
    return SequenceMatcher(None, text, expected).ratio()
