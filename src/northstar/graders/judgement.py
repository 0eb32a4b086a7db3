"""Reads a judge's verdict and grades by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.graders.full_width import narrow
from northstar.task.grader import SolverContext

NOTHING_TO_JUDGE = "nothing to judge"
"""The finish_reason of a judgement that was not requested, because the model gave no answer."""

_WORD = (
    r"""[\s*_`"'$(\[{|]{0,12} (?:\\[a-z]{1,16}\s?\{\s?){0,3} [*_]{0,3} (yes|no)\b"""
    r"""(?!\s?(?:/|or\b)\s?(?:yes|no)\b)"""
)
_VERDICT = re.compile(
    rf"judge?ment [\s*_`\"']{{0,8}} (?: [:=>] | \s[-–—]{{1,2}}\s ) {_WORD}", re.IGNORECASE | re.VERBOSE
)
_HEADED = re.compile(
    rf"""^[ \t#>*_|]{{0,8}} (?:[0-9][.)]\s)? (?:(?:my|the)\s)?(?:(?:final|overall)\s)?
        judge?ment [ \t#*_|]{{0,8}} (?:\r?\n){{1,3}}
        {_WORD} (?=[ \t]{{0,4}}[\r\n.,;:!*_`$}})\]—–-] | \s{{0,4}}\Z)""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
"""A verdict under a heading, where "no" must not begin a sentence: "### Judgement", "Yes"."""

_CORRECT = re.compile(
    rf"""^[ \t#>*_{{"-]{{0,8}} correct [\s*_`"]{{0,8}} : {_WORD}""", re.IGNORECASE | re.VERBOSE | re.MULTILINE
)
"""The verdict in the form of HLE's official judge: a line 'correct: yes'."""


def read_judgement(text: str) -> bool | None:
    """Return the last 'Judgement: Yes' or 'Judgement: No', else the last line 'correct: yes' or 'correct: no', else
    that of a text that is only yes or no, else None.

    Bold marks and boxes are ignored, and a heading is as good as a colon; nothing is guessed. Takes time linear in the
    length of the text.

    >>> read_judgement("They are equal. **Judgement: Yes**"), read_judgement("Perhaps.")
    (True, None)
    """
    text = narrow(text)
    verdicts = [found for pattern in (_VERDICT, _HEADED) for found in pattern.finditer(text)]
    verdicts = verdicts or list(_CORRECT.finditer(text))
    bare = text.strip().strip("*_`\"'.()[]{} \n")
    word = max(verdicts, key=lambda found: found.start(1))[1] if verdicts else bare
    return {"yes": True, "no": False}.get(word.lower())


@dataclass(frozen=True)
class Judgement:
    """Scores `judge_correct`, and `judge_unparsed` where the judge said neither yes nor no (or failed)."""

    version = 1

    def identity(self) -> dict[str, Any]:
        return {"name": "judgement"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        if generation.finish_reason == NOTHING_TO_JUDGE:
            return {"judge_correct": False}
        verdict = read_judgement(generation.generation)
        if verdict is None:
            return {"judge_correct": None, "judge_unparsed": True}
        return {"judge_correct": verdict}
