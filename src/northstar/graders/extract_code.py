"""Extracts the program of a generation."""

from __future__ import annotations

import re

from northstar.core.records import Generation
from northstar.graders.final_answer import is_unanswered

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)


def extract_code(text: str) -> str | None:
    """Return the content of the last closed fenced block; None if there is none or it is blank.

    A block ends at a fence of the same marks, at least as many, with nothing after them. A fence with a name after its
    marks restarts the block, since models abandon drafts that way and programs have no such line. Takes time linear in
    the length of the text.

    >>> extract_code("```python\\nprint(1)\\n```")
    'print(1)\\n'
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
    """Return the program of an answer; None if it has none, is an error or is incomplete."""
    return None if is_unanswered(generation) else extract_code(generation.generation)


def _matches(fence: re.Match[str], opened: re.Match[str]) -> bool:
    marks = opened["marks"]
    return fence["marks"][0] == marks[0] and len(fence["marks"]) >= len(marks)
