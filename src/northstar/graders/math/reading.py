r"""Reads scalars that need no algebra: numbers exactly, simple expressions by their value, words."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from northstar.graders.math.value import value_of

LONGEST_READ = 300
"""Characters; longer scalars need algebra."""

LARGEST_EXPONENT = 1000


class Number(NamedTuple):
    """A number in digits; `exact`: it is no decimal, which may stand for what it rounds."""

    value: Fraction
    exact: bool = True


class Expression(NamedTuple):
    """Any expression that value.py evaluates; equal values need not be equal answers."""

    value: complex
    exact: bool
    has_letters: bool


class Word(NamedTuple):
    r"""Words in \text{…}, or letters that may be one; case and spaces don't matter."""

    name: str
    sure: bool


Reading = Number | Expression | Word

_WORD = re.compile(r"\(?\\text\{([^{}]*)\}\)?")
_LETTERS = re.compile(r"[A-Za-z]+")
_WHOLE = r"[0-9]{1,1000}"
_RATIO = re.compile(
    rf"([+-]?)(?:({_WHOLE})?\\frac\{{([+-]?{_WHOLE})\}}\{{([+-]?{_WHOLE})\}}|(?:({_WHOLE}) )?({_WHOLE})/({_WHOLE}))"
)
_REPEATING = re.compile(r"([+-]?)([0-9]{0,50})\.([0-9]{0,50})\\(?:overline|bar)\{([0-9]{1,50})\}")
_DECIMAL = re.compile(
    r"([+-]?)([0-9]{0,1000}(?:\.[0-9]{0,1000})?)(?:(?:\\cdot10\^\{|[eE])([+-]?[0-9]{1,4})\}?)?|([+-]?)10\^\{(-?[0-9]{1,4})\}"
)


def read(text: str) -> Reading | None:
    r"""Return the reading of a simple normalised scalar.

    >>> read(r"1\frac{4}{5}"), read(r"6.63\cdot10^{-2}").value, read(r"\text{Even}")
    (Number(value=Fraction(9, 5), exact=True), Fraction(663, 10000), Word(name='even', sure=True))
    """
    if len(text) > LONGEST_READ:
        return None
    if match := _WORD.fullmatch(text):
        return Word("".join(match[1].casefold().strip("().").split()), sure=True)
    number = _number(text)
    if number is not None:
        return number
    value = value_of(text)
    if value is not None:
        return Expression(
            value, "." not in text, bool(re.search("[a-zA-Z]", re.sub(r"\\(?:frac|sqrt|pi|cdot)", "", text)))
        )
    return Word(text.casefold(), sure=False) if _LETTERS.fullmatch(text) else None


def word_of(text: str) -> str:
    """Return letters as the word that they may be, '' for anything else."""
    return text.casefold() if _LETTERS.fullmatch(text) else ""


def _number(text: str) -> Number | None:
    if (match := _DECIMAL.fullmatch(text)) and text[-1:] not in ("", "+", "-"):
        sign, digits, exponent, *power = match.groups()
        if power[1] is not None:
            sign, digits, exponent = power[0], "1", power[1]
        if not digits.strip("."):
            return None
        if abs(int(exponent or 0)) > LARGEST_EXPONENT:
            return None
        value = Fraction(digits.strip() if digits[-1] != "." else digits[:-1]) * Fraction(10) ** int(exponent or 0)
        return Number(-value if sign == "-" else value, "." not in digits)
    if match := _REPEATING.fullmatch(text):
        sign, whole_digits, fixed, repeated = match.groups()
        value = Fraction(int(whole_digits + fixed + repeated or 0) - int(whole_digits + fixed or 0))
        value /= (10 ** len(repeated) - 1) * 10 ** len(fixed)
        return Number(-value if sign == "-" else value)
    if match := _RATIO.fullmatch(text):
        sign, *parts = match.groups()
        whole, top, bottom = (int(part or 0) for part in (parts[:3] if parts[1] is not None else parts[3:]))
        if bottom == 0 or ((parts[0] or parts[3]) and (top <= 0 or bottom < 0)):
            return None
        value = whole + Fraction(top, bottom)
        return Number(-value if sign == "-" else value)
    return None


def close(left: Number, right: Number) -> bool:
    """Return whether two numbers are equal, or one is a decimal that stands for the other.

    To six places, as math-verify rounds; and to five digits where that is coarser, six between decimals.
    """
    if left.value == right.value or (left.exact and right.exact):
        return left.value == right.value
    digits = 20_000 if left.exact or right.exact else 500_000
    size = max(abs(left.value), abs(right.value))
    return abs(left.value - right.value) <= min(Fraction(1, 2_000_000), size / digits)


def far_apart(left: Expression | Number, right: Expression | Number) -> bool:
    """Return whether two values differ by more than rounding can explain."""
    a, b = complex(left.value), complex(right.value)
    allowed = 1e-9 if left.exact and right.exact else 1e-5
    return not abs(a - b) <= allowed * max(abs(a), abs(b))
