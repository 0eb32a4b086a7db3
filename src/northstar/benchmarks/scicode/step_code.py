"""Reads the code of a step out of the model's answer."""

from __future__ import annotations

import re

from northstar.core.records import Generation, Row
from northstar.graders.extract_code import Likeness, code_of, is_elided, unknown

_HEADER = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")


def step_code(row: Row, place: int, answer: Generation) -> str | None:
    """Return the code of the answer to the step at a place, from 0; None if it has none."""
    steps = row["sub_steps"]
    earlier = {name for step in steps[:place] for name in _HEADER.findall(step.get("header") or "")}
    known = earlier.union(_WORD.findall(row["dependencies"]))
    return code_of(answer, step_likeness(steps[place].get("header") or ""), known)


def step_likeness(header: str) -> Likeness:
    """Return what tells the step's function, or class, from helpers, examples and output."""
    name = _HEADER.search(header)
    if name is None:
        return unknown
    defines = re.compile(rf"^(?:async[ \t]+)?(?:def|class)[ \t]+{name[1]}\b", re.MULTILINE)
    assigns = re.compile(rf"^{name[1]}[ \t]*=(?!=)", re.MULTILINE)

    def likeness(code: str) -> int:
        if defines.search(code):
            return 2 if is_elided(code) else 3
        return 1 if assigns.search(code) else 0

    return likeness
