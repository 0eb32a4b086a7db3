r"""Reads answers that need no algebra: numbers, simple expressions, lists of these, matrices, single words.

A reading is how math-verify (0.9) understands the text between dollar signs, precise enough to be sure that two
readings are different answers to it (or, for numbers and words, equal ones). Whatever is uncertain gets no reading.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from northstar.graders.math.value import value_of

LONGEST_READ = 200
"""Characters; longer answers need algebra."""


class Whole(NamedTuple):
    """A whole number; `percent`: a percent sign followed, which math-verify may or may not count."""

    value: Fraction
    percent: bool = False


class Ratio(NamedTuple):
    """A fraction of two whole numbers, or a mixed number."""

    value: Fraction


class Decimal(NamedTuple):
    """A decimal number of at most 15 digits: as a float, its error is below the tolerance."""

    value: Fraction


class Expression(NamedTuple):
    """Any expression that value.py evaluates; equal values need not be equal answers."""

    value: complex
    has_letters: bool


class Several(NamedTuple):
    """Two or more different numbers in a pair, an interval, a set, …, in ascending order."""

    values: tuple[float, ...]


class Matrix(NamedTuple):
    """A matrix with more than one entry, of numbers."""

    body: str


class Word(NamedTuple):
    r"""A choice (B, (B), \text{B}) or one word in \text{…}; math-verify ignores case."""

    name: str


Reading = Whole | Ratio | Decimal | Expression | Several | Matrix | Word

_WHOLE = re.compile(
    r"(?:([+-]?)\s*(?=[0-9]+(?![0-9,]))|(?=[0-9]))([0-9]{1,30}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,9})"
    r"(?:_(?:[0-9]|\{[0-9]{1,2}\}))?\s*(\\?%)?"  # math-verify ignores the base of a number
)
_ARGUMENT = r"\s*(?:\{\s*(-?[0-9]{1,15})\s*\}|([0-9]))"
_RATIO = re.compile(rf"([+-]?)\s*(?:\\frac{_ARGUMENT}{_ARGUMENT}|([0-9]{{1,15}})\s*/\s*([0-9]{{1,15}}))")
_MIXED = re.compile(rf"([+-]?)\s*([0-9]{{1,15}})\s*\\frac{_ARGUMENT}{_ARGUMENT}")
_DECIMAL = re.compile(r"([+-]?)\s*([0-9]*\.[0-9]+)")
_WORD = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{(?:\(([A-Z])\)|([A-Z]|[A-Za-z]{2,30}))\}|\(([A-Z])\)|([A-Z])")
_WORDS_WITH_A_MEANING = re.compile(r"and|or|pi|oo|zoo|nan|.*inf.*|.*percent.*|.*sqrt.*|pct|i|e|re|im|rank")
_MATRIX = re.compile(r"\\begin\{[pb]matrix\}([^a-zA-Z]*(?:&|\\\\)[^a-zA-Z]*)\\end\{[pb]matrix\}")
_BRACKETED = re.compile(r"(?:\(|\[|\\\{)(.*)(?:\)|\]|\\\})")
_ASSIGNED = re.compile(r"([a-zA-Z])\s*=\s*(?![=\s])")
_UNITS = re.compile(r"(?<=[0-9}])\s*\\(?:text|mbox)\{([A-Za-z ]*)\}(?:\^[0-9])?$")
_UNITS_WITH_A_MEANING = re.compile(r"(?i)\b(?:and|or)\b|inf|percent|pct|sqrt")
_DEGREES = re.compile(r"(?<=[0-9])\s*\^\s*(?:\\circ|\{\s*\\circ\s*\})$")
_LOOKS = re.compile(r"\\!\s*|\\(?:left|right)(?=[()\[\]|]|\\[{}|])")
_FRACTION_NAMES = re.compile(r"\\[dt]frac(?![A-Za-z])")
_SUFFIXED = re.compile(r"\\circ|%|\\text|\\mbox")
_GROUPED = re.compile(r"[0-9]\s*,\s*[0-9]{3}(?![0-9])")


@lru_cache(maxsize=16_384)
def tidied(text: str) -> str:
    r"""Remove markup that only changes the looks: enclosing $, \left, \right, \!, {,} and \dfrac.

    >>> tidied(r"$\left( \dfrac{1}{2} \right)$")
    '( \\frac{1}{2} )'
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "$" and text[-2] != "\\" and text.count("$") - text.count("\\$") == 2:
        text = text[1:-1].strip()
    if "\\" in text:
        text = _FRACTION_NAMES.sub(r"\\frac", _LOOKS.sub("", text))
    return text.replace("{,}", ",")


@lru_cache(maxsize=16_384)
def read(text: str) -> tuple[Reading | None, str]:
    """Return the reading of a simple, unambiguous text, and the variable it is assigned to ('' if none).

    >>> read("x = 5")
    (Whole(value=Fraction(5, 1), percent=False), 'x')
    """
    if len(text) > LONGEST_READ:
        return None, ""
    text = tidied(text)
    if _GROUPED.search(text) and _SUFFIXED.search(text):
        return None, ""  # 10,080^\circ is two numbers, 10,080 is one
    variable = ""
    if (match := _ASSIGNED.match(text)) and match[1] not in "deiDEI":
        variable, text = match[1], text[match.end() :]
        if "," in text and not _BRACKETED.fullmatch(text):
            return None, ""  # x = 1,234 is two numbers
        reading = _read_number(text) or _read_several(text) or _read_expression(text)
        return reading, variable
    return _read_word(text) or _read_number(text) or _read_several(text) or _read_expression(text), variable


def _read_word(text: str) -> Word | Matrix | None:
    if match := _WORD.fullmatch(text):
        name = next(group for group in match.groups() if group).lower()
        return None if _WORDS_WITH_A_MEANING.fullmatch(name) else Word(name)
    return Matrix(match[1]) if (match := _MATRIX.fullmatch(text)) else None


def _read_number(text: str) -> Whole | Ratio | Decimal | None:
    text = _without_units(text.removeprefix("\\$").removeprefix("$").lstrip())
    if match := _WHOLE.fullmatch(text):
        sign, digits, percent = match.groups()
        if percent and sign:  # to math-verify, 5% may equal 5, but -5% does not equal -5
            return None
        return Whole(_signed(sign, Fraction(int(digits.replace(",", "")))), percent is not None)
    if match := _RATIO.fullmatch(text):
        top, bottom = (int(part) for part in match.groups()[1:] if part is not None)
        return Ratio(_signed(match[1], Fraction(top, bottom))) if bottom else None
    if match := _MIXED.fullmatch(text):
        whole, top, bottom = (int(part) for part in match.groups()[1:] if part is not None)
        return Ratio(_signed(match[1], whole + Fraction(top, bottom))) if top > 0 and bottom > 0 else None
    if (match := _DECIMAL.fullmatch(text)) and len(match[2]) <= 16:
        return Decimal(_signed(match[1], Fraction(match[2])))
    return None


def _read_several(text: str) -> Several | None:
    """Read a pair, interval, set or list of two or more clearly different real numbers."""
    if "," not in text or _GROUPED.search(text):
        return None
    if match := _BRACKETED.fullmatch(text):
        text = match[1]
    values = []
    for item in text.split(","):
        item = item.strip()
        value = {"\\infty": float("inf"), "-\\infty": float("-inf")}.get(item) or value_of(item)
        if value is None or value.imag or any(letter.isalpha() for letter in re.sub(r"\\[a-z]+", "", item)):
            return None
        values.append(value.real)
    values.sort()
    if any(not far_apart(*pair) for pair in pairwise(values)):
        return None
    return Several(tuple(values))


def _read_expression(text: str) -> Expression | None:
    text = _without_units(text)
    value = value_of(text)
    if value is None:
        return None
    return Expression(value, bool(re.search("[a-zA-Z]", re.sub(r"\\[a-z]+", "", text))))


def far_apart(left: complex, right: complex) -> bool:
    """Return whether two values differ by more than rounding can explain."""
    return not abs(left - right) <= 1e-3 * max(1.0, min(abs(left), abs(right)))


def _signed(sign: str, value: Fraction) -> Fraction:
    return -value if sign == "-" else value


def _without_units(text: str) -> str:
    r"""Remove a unit at the end: 5 \text{ cm}^2, 90^\circ."""
    if (match := _UNITS.search(text)) and not _UNITS_WITH_A_MEANING.search(match[1]):
        text = text[: match.start()].rstrip()
    return _DEGREES.sub("", text) if "circ" in text else text
