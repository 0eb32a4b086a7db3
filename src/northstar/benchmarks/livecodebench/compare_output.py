"""Compares a program's output with the expected one, as LiveCodeBench's official grader does."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any


def same_output(output: str, expected: str) -> bool:
    """Return whether two texts have the same lines, up to whitespace around lines and text.

    Lines that differ still match if they consist of equal decimal numbers: 1.0 equals 1, 0.1 does not equal 0.1000001.

    >>> same_output("1.0 2\\n", "1 2"), same_output("0.1", "0.1000001")
    (True, False)
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
    """Return whether two JSON texts have equal values (1, 1.0 and true are equal); non-JSON equals only itself."""
    if result.strip() == expected.strip():
        return True
    try:
        # Whole numbers as decimals too: converting long ones to int is slow, and refused above 4,300 digits.
        return bool(json.loads(result, parse_int=Decimal) == json.loads(expected, parse_int=Decimal))
    except ValueError:
        return False
    except RecursionError:  # nested too deeply to parse: compare piece by piece
        return _pieces(result) == _pieces(expected)


_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')


def _pieces(text: str) -> list[Any]:
    """Split JSON into its punctuation and the values between; a piece that is not JSON equals nothing."""
    return [piece if piece in "[]{},:" else _piece(piece) for piece in _PIECE.findall(text)]


def _piece(text: str) -> Any:
    try:
        return (json.loads(text, parse_int=Decimal),)
    except ValueError:
        return object()


def _same_numbers(line: str, other: str) -> bool:
    numbers, others = line.split(), other.split()
    if len(numbers) != len(others):
        return False
    try:
        return all(Decimal(number) == Decimal(wanted) for number, wanted in zip(numbers, others, strict=True))
    except InvalidOperation:
        return False
