"""Compares what a program gave with what was expected, as LiveCodeBench's own grader does."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any


def same_output(output: str, expected: str) -> bool:
    """Whether two texts have the same lines, whitespace around them and around the whole apart.

    Lines that differ are the same where all their words are decimal numbers, and equal ones: 1.0 is 1, 0.1 is not
    0.1000001.
    """
    text, wanted = output.strip(), expected.strip()
    if text == wanted:
        return True
    lines, wanted_lines = text.split("\n"), wanted.split("\n")
    if len(lines) != len(wanted_lines):
        return False
    pairs = zip(lines, wanted_lines, strict=True)
    return all(line.strip() == other.strip() or _same_numbers(line, other) for line, other in pairs)


def same_value(result: str, expected: str) -> bool:
    """Whether two JSON texts are equal values; 1, 1.0 and true are. What is no JSON is equal to nothing else."""
    if result.strip() == expected.strip():
        return True
    try:
        # Whole numbers as decimals, too: as int a long one takes long, and one of over 4,300 digits is refused.
        return bool(json.loads(result, parse_int=Decimal) == json.loads(expected, parse_int=Decimal))
    except ValueError:
        return False
    except RecursionError:  # too deep to be read at once: compared piece by piece
        return _pieces(result) == _pieces(expected)


_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')


def _pieces(text: str) -> list[Any]:
    """Brackets, commas and colons as they stand, and the values between them; what is no JSON equals nothing."""
    return [piece if piece in "[]{},:" else _piece(piece) for piece in _PIECE.findall(text)]


def _piece(text: str) -> Any:
    try:
        return (json.loads(text, parse_int=Decimal),)
    except ValueError:
        return object()


def _same_numbers(line: str, other: str) -> bool:
    words, others = line.split(), other.split()
    if len(words) != len(others):
        return False
    try:
        return all(Decimal(word) == Decimal(wanted) for word, wanted in zip(words, others, strict=True))
    except InvalidOperation:
        return False
