"""Errors that are written for the person who reads them: one sentence of what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NorthstarError(Exception):
    """Something failed that the user can do something about. The command prints the message and exits with 1."""

    exit_code = 1
    is_failure = True
    """False: it ended as the user wanted, and the command prints no "error:" before the message."""


class UsageError(NorthstarError):
    """The command was asked for something it does not understand. Exits with 2."""

    exit_code = 2


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' Did you mean aime24 or aime25?', or '' when nothing known is near `name`."""
    by_lower = {each.lower(): each for each in known}
    near = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(near)}?" if near else ""
