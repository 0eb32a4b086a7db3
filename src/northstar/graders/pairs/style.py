"""The style of an answer, as Arena-Hard's authors count it: length, headers, lists, bold."""

from __future__ import annotations

import re
from typing import NamedTuple

FEATURES = ("length", "headers", "lists", "bold")
_CODE = re.compile(r"```[^`]*```")
_HEADER = re.compile(r"^#{1,6}\s", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:\d+\.|[-*+])\s", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


class Style(NamedTuple):
    """Counts of one answer. length: bytes of UTF-8, which go with tokens more closely than words do."""

    length: int
    headers: int
    lists: int
    bold: int


def style_of(answer: str) -> Style:
    """Count an answer's marks, outside of its blocks of code.

    >>> style_of("# Plan\\n1. **one**\\n- two\\n```\\n# no header\\n```")
    Style(length=43, headers=1, lists=2, bold=1)
    """
    text = _CODE.sub("", answer)
    return Style(
        len(answer.encode("utf-8", "replace")),
        sum(1 for _ in _HEADER.finditer(text)),
        sum(1 for _ in _ITEM.finditer(text)),
        sum(1 for _ in _BOLD.finditer(text)),
    )


def difference(mine: Style, other: Style) -> list[float]:
    """Return how an answer's style differs from another's, each from -1 to 1.

    The length as a share of both lengths; of headers, lists and bold their number for each byte, as a share of both
    numbers and one.
    """
    total = mine.length + other.length
    pairs = zip(_densities(mine), _densities(other), strict=True)
    marks = [(a - b) / (a + b + 1.0) for a, b in pairs]
    return [(mine.length - other.length) / total if total else 0.0, *marks]


def _densities(style: Style) -> list[float]:
    return [count / max(style.length, 1) for count in style[1:]]
