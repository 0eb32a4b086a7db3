"""Reads a judge's verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.task.grader import SolverContext

NOTHING_TO_JUDGE = "nothing to judge"
"""The finish_reason of a judgement that was not asked for, since the model gave no answer."""

_VERDICT = re.compile(
    r"""judge?ment [\s*_`"]{0,8} : [\s*_`"'$(\[{]{0,12} (?:\\[a-z]{1,16}\s?\{\s?){0,3} [*_]{0,3} (yes|no)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def read_judgement(text: str) -> bool | None:
    """The last 'Judgement: Yes' or 'Judgement: No' (bold or boxed or not), else a text that is no more than yes or no.

    None where neither is there: nothing is guessed. Linear in the length of the text.
    """
    verdicts = _VERDICT.findall(text)
    word = verdicts[-1] if verdicts else text.strip().strip("*_`\"'.()[]{} \n")
    return {"yes": True, "no": False}.get(word.lower())


@dataclass(frozen=True)
class Judgement:
    """Scores `judge_correct`; with `judge_unparsed` where the judge said neither yes nor no (or gave an error)."""

    def identity(self) -> dict[str, Any]:
        return {"name": "judgement"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        if generation.finish_reason == NOTHING_TO_JUDGE:
            return {"judge_correct": False}
        verdict = read_judgement(generation.generation)
        if verdict is None:
            return {"judge_correct": None, "judge_unparsed": True}
        return {"judge_correct": verdict}
