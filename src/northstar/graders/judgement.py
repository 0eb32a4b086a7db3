"""Reads a judge's verdict and grades by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.task.grader import SolverContext

NOTHING_TO_JUDGE = "nothing to judge"
"""The finish_reason of a judgement that was not requested, because the model gave no answer."""

_VERDICT = re.compile(
    r"""judge?ment [\s*_`"]{0,8} : [\s*_`"'$(\[{]{0,12} (?:\\[a-z]{1,16}\s?\{\s?){0,3} [*_]{0,3} (yes|no)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def read_judgement(text: str) -> bool | None:
    """Return the last 'Judgement: Yes' or 'Judgement: No', else that of a text that is only yes or no, else None.

    Bold marks and boxes are ignored; nothing is guessed. Takes time linear in the length of the text.

    >>> read_judgement("They are equal. **Judgement: Yes**"), read_judgement("Perhaps.")
    (True, None)
    """
    verdicts = _VERDICT.findall(text)
    word = verdicts[-1] if verdicts else text.strip().strip("*_`\"'.()[]{} \n")
    return {"yes": True, "no": False}.get(word.lower())


@dataclass(frozen=True)
class Judgement:
    """Scores `judge_correct`, and `judge_unparsed` where the judge said neither yes nor no (or failed)."""

    def identity(self) -> dict[str, Any]:
        return {"name": "judgement"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        if generation.finish_reason == NOTHING_TO_JUDGE:
            return {"judge_correct": False}
        verdict = read_judgement(generation.generation)
        if verdict is None:
            return {"judge_correct": None, "judge_unparsed": True}
        return {"judge_correct": verdict}
