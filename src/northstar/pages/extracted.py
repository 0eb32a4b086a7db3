"""Finds the place in a generation from which its answer was taken."""

from __future__ import annotations

from typing import NamedTuple

from northstar.graders.extract import boxes
from northstar.pages.text import Span

_MOST_TRIED = 2_000
"""Places inside words that are passed over: a text of five megabytes may hold nothing else."""


class Place(NamedTuple):
    """Where an answer stands, and what tells so."""

    span: Span
    how: str


def place_of(text: str, answer: str | None) -> Place | None:
    r"""Return where an answer was taken from: the last box that holds it, else where it is written last.

    Records keep the answer, not its place, so the second is where it most likely was; `how` says which of the two.

    >>> place_of(r"so \boxed{7}, not 8", "7").how, place_of("Answer: B", "B").span, place_of("none", None)
    ('the last box', Span(start=8, end=9), None)
    """
    if not answer or not (wanted := answer.strip()):
        return None
    best: Span | None = None
    for start, end in boxes(text):
        content = text[start : min(end, start + len(wanted) + 400)]
        if (best is None or start > best.start) and _holds(content, wanted):
            best = Span(start, end)
    if best is not None:
        return Place(best, "the last box")
    end = len(text)
    for _ in range(_MOST_TRIED):
        if (start := text.rfind(wanted, 0, end)) < 0:
            break
        if not _continues(text, start - 1, wanted[0]) and not _continues(text, start + len(wanted), wanted[-1]):
            return Place(Span(start, start + len(wanted)), "the last place where it is written")
        end = start + len(wanted) - 1
    return None


def _holds(content: str, wanted: str) -> bool:
    if content.strip() == wanted:
        return True
    return len(wanted) == 1 and wanted.isalpha() and wanted in content.replace(r"\text", "").replace(r"\mathrm", "")


def _continues(text: str, place: int, edge: str) -> bool:
    """Return whether a word goes on beyond the answer's edge."""
    return 0 <= place < len(text) and text[place].isalnum() and edge.isalnum()
