r"""Finds the answer in a generation: the last well-formed \boxed{}, or a pattern of the user's."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\(?:boxed|fbox)\s*\{|\\(?:boxed|fbox)[ \t]+(?P<bare>[^\s{}$\\]+)|\\.|[{}]", re.DOTALL)


def extract_boxed(text: str) -> str | None:
    r"""The content of the last well-formed \boxed{…} or \fbox{…} that isn't empty; None where there is none.

    Braces nest; \{ and \} are no braces. A last box that is never closed is passed over. Of nested boxes the inner one
    counts, since it begins last. The form `\boxed 5` is read as well. Linear in the length of the text.
    """
    open_braces: list[int] = []  # where a box's content begins, or -1 for any other brace
    best_start, best = -1, None
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word == "{":
            open_braces.append(-1)
        elif word == "}":
            start = open_braces.pop() if open_braces else -1
            if start > best_start and (content := text[start : token.start()].strip()):
                best_start, best = start, content
        elif bare := token["bare"]:
            best_start, best = token.start("bare"), bare.rstrip(".,;")
        elif word.endswith("{") and word != "\\{":
            open_braces.append(token.end())
    return best or None


def extract_by_regex(text: str, pattern: str) -> str | None:
    """The last match of `pattern`: its first group if it has one, else all of it.

    The pattern is the user's and may take forever on some texts: call this where it can be stopped.
    """
    last = None
    for last in re.finditer(pattern, text, re.DOTALL):  # noqa: B007 - only the last one counts
        pass
    if last is None:
        return None
    found = last[1] if last.re.groups else last[0]
    return (found or "").strip() or None
