r"""Extracts a short answer that a generation gives on a line of its own, such as "Answer: 1867"."""

from __future__ import annotations

import re

from northstar.graders.extract import extract_boxed

_LINE = re.compile(
    r"""^[ \t#>*_-]{0,8} (?:(?:the|my)\ )? (?:(?:exact|final|correct)\ ){0,2} answer [*_]{0,3} \ {0,2} [:：]
        [ \t*_]{0,12} (?P<rest>[^\r\n]*)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_NEXT_LINE = re.compile(r"(?:[ \t]*\r?\n){1,3}[ \t]*(?P<rest>[^\s][^\r\n]*)")
_NEXT_FIELD = re.compile(r"(?<![A-Za-z])(?:confidence|explanation)[*_]{0,3}\s?[:：]", re.IGNORECASE)
_WRAPPINGS = [
    ("**", "**"),
    ("__", "__"),
    ("*", "*"),
    ("`", "`"),
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
]


def extract_line(text: str) -> str | None:
    r"""Return the last line "Exact Answer: …", "Final answer: …" or "Answer: …", else the last \boxed{}, else None.

    Bold marks, dollar signs, a box and a full stop around the answer are removed. It may be on the following line.

    >>> extract_line("It was finished in 1867.\n**Final answer: 1867.**")
    '1867'
    """
    for line in reversed(list(_LINE.finditer(text))):
        if answer := _tidied(_rest(text, line)):
            return answer
    return extract_boxed(text)


def _rest(text: str, line: re.Match[str]) -> str:
    if line["rest"].strip():
        return line["rest"]
    following = _NEXT_LINE.match(text, line.end())
    return following["rest"] if following else ""


def _tidied(rest: str) -> str:
    answer = rest.strip()
    if (field := _NEXT_FIELD.search(answer)) is not None:
        answer = answer[: field.start()].rstrip(" \t,;")
        before, _, last = answer.rpartition(" ")
        answer = answer if last.strip("*_") else before.rstrip()  # drop the opening ** of **Confidence:**
    answer = extract_boxed(answer) or answer
    for _ in range(3):
        answer = answer.removesuffix(".").strip() if not answer.endswith("..") else answer
        for left, right in _WRAPPINGS:
            inner = answer[len(left) : len(answer) - len(right)]
            if answer.startswith(left) and answer.endswith(right) and inner.strip() and left not in inner:
                answer = inner.strip()
        if answer.endswith("**") and "**" not in answer[:-2]:  # **Answer: 5**
            answer = answer[:-2].strip()
    return answer
