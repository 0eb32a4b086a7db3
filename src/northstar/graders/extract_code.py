"""Finds the program in a generation."""

from __future__ import annotations

import re

from northstar.core.records import Generation
from northstar.graders.final_answer import is_unanswered

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)


def extract_code(text: str) -> str | None:
    """The content of the last fenced block that is closed; None where there is none, or it is blank.

    A block ends at a fence of the same marks, at least as many, with nothing after them. One with a name after them
    begins a block anew: models break off a draft so, and no program has such a line. Linear in the text's length.
    """
    best: tuple[int, int] | None = None
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None or (_matches(fence, opened) and fence["info"].strip()):
            opened = fence
        elif _matches(fence, opened):
            best, opened = (opened.end() + 1, fence.start()), None
    if best is None:
        return None
    code = text[best[0] : best[1]]
    return code if code.strip() else None


def code_of(generation: Generation) -> str | None:
    """The program of an answer; None where there is none, or the answer is an error or isn't whole."""
    return None if is_unanswered(generation) else extract_code(generation.generation)


def _matches(fence: re.Match[str], opened: re.Match[str]) -> bool:
    marks = opened["marks"]
    return fence["marks"][0] == marks[0] and len(fence["marks"]) >= len(marks)
