"""Answers a shell: which words could stand at the cursor. Runs at each press of TAB, so it imports little."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

VARIABLE = "_NS_COMPLETE"
"""Set by the scripts of the shells; its value is the shell's name."""


def answer(shell: str) -> None:
    """Print the candidates for the line that the shell has, one per line; nothing where files fit."""
    from northstar.cli.completion.candidates import candidates

    words = words_of(os.environ.get("_NS_LINE", ""))[1:] if shell == "bash" else sys.argv[1:]
    typed = words[-1] if words else ""
    skipped = len(before_break(typed, os.environ.get("_NS_BREAKS", ""))) if shell == "bash" else 0
    for each in candidates(words):
        if shell == "bash":
            print(each.value[skipped:])
        else:  # fish puts a space itself
            print(f"{each.value.rstrip() if shell == 'fish' else each.value}\t{each.about}")


def words_of(line: str) -> Sequence[str]:
    """Split a line up to the cursor as a shell would; the last word is the one to complete.

    >>> words_of("ns eval --benchmarks=ai"), words_of("ns eval "), words_of("ns eval 'a b")
    (['ns', 'eval', '--benchmarks=ai'], ['ns', 'eval', ''], ['ns', 'eval', 'a b'])
    """
    for closing in ("", "'", '"'):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        return [*words, ""] if not closing and line[-1:].isspace() else words
    return line.split()


def before_break(word: str, breaks: str) -> str:
    """Return what of a word bash takes for words of their own, and keeps: it breaks words at = and : too.

    >>> before_break("--benchmarks=aime24:4,ai", " =:"), before_break("--benchmarks=ai", " ")
    ('--benchmarks=aime24:', '')
    """
    last = max((word.rfind(letter) for letter in "=:" if letter in breaks), default=-1)
    return word[: last + 1]
