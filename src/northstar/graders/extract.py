r"""Extracts the answer of a generation: the last well-formed \boxed{}, or the match of a user's pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""\\(?:boxed|fbox)\s*\{
      | \\(?:boxed|fbox)[ \t]+(?P<bare>[-+]?\.?[0-9](?:[0-9.,/]*[0-9])?|[A-Z](?![A-Za-z]))  # \boxed 5, no prose
      | \\\\(?!boxed|fbox)  # a line break, whose second backslash escapes nothing; \\boxed is a box escaped twice
      | \\[{}]
      | [{}]""",
    re.VERBOSE,
)


def extract_boxed(text: str) -> str | None:
    r"""Return the content of the last well-formed, nonempty \boxed{…} or \fbox{…}; None without one.

    Braces nest; \{ and \} don't count as braces. A box that is never closed is skipped. Of nested boxes the inner one
    counts, since it starts last. `\boxed 5` counts too. Takes time linear in the length of the text.

    >>> extract_boxed(r"so \boxed{\frac{1}{2}}, or \boxed{")
    '\\frac{1}{2}'
    """
    best_start, best_end = -1, -1
    for start, end in boxes(text):
        if start > best_start and text[start:end].strip():
            best_start, best_end = start, end
    if best_start < 0:
        return None
    return text[best_start:best_end].strip()


def boxes(text: str) -> Iterator[tuple[int, int]]:
    r"""Yield start and end of the content of each well-formed box, by their ends: inner before outer.

    Takes time linear in the length of the text, but the contents of nested boxes together may be quadratic.
    """
    open_braces: list[int] = []  # where a box's content begins, or -1 for any other brace
    first = text.find("box")
    if first < 0:
        return
    for token in _TOKEN.finditer(text, max(0, first - 2)):
        word = token[0]
        if word == "{":
            open_braces.append(-1)
        elif word == "}":
            start = open_braces.pop() if open_braces else -1
            if start >= 0:
                yield start, token.start()
        elif token["bare"]:
            yield token.span("bare")
        elif len(word) > 2:
            open_braces.append(token.end())


def extract_by_regex(text: str, pattern: str) -> str | None:
    """Return the last nonempty match of `pattern`: its first group if it has one, else the whole match.

    The pattern uses Python's re without flags; it may contain (?m) and (?s). A user's pattern may run forever on some
    texts, so call this where it can be stopped.

    >>> extract_by_regex("Score: 3. Score: 5.", r"Score: (\\d+)")
    '5'
    """
    best = None
    for match in re.finditer(pattern, text):
        found = match[1] if match.re.groups else match[0]
        if found and not found.isspace():
            best = found
    return best.strip() if best else None
