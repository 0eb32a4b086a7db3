"""Errors for the person who reads them: one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NorthstarError(Exception):
    """A failure that the user can act on. The command prints the message and exits with 1."""

    exit_code = 1
    is_failure = True
    """Whether the command prints "error:" before the message; False where the run ended as the user asked."""


class UsageError(NorthstarError):
    """The command line is wrong. Exits with 2."""

    exit_code = 2


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the known names closest to `name`, as text to append to an error; '' if none is close.

    >>> did_you_mean("aime2", ["aime24", "aime25", "hle"])
    ' Did you mean aime25 or aime24?'
    """
    by_lower = {each.lower(): each for each in known}
    near = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(near)}?" if near else ""
