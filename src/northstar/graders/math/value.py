r"""Evaluates simple LaTeX expressions at one point: numbers, \pi, \sqrt, \frac, powers, letters, sums and products.

A recursive descent parser that takes microseconds and imports nothing heavy. Expressions that math-verify (0.9)
understands in its own way have no value here: `1 234` (235 to it), `2(3)` (5), `1/2\pi` (1/(2π)), `x^10` (x·0), and a
unit letter at the end (`2 m` is 2).
"""

from __future__ import annotations

import cmath
import math
import re

_TOKEN = re.compile(
    r"\s*([0-9]+\.[0-9]+|[0-9]+|\\(?:frac|sqrt|pi|cdot|times)(?![A-Za-z])|[A-Za-z](?![A-Za-z])|[{}()+\-^])"
)
_LETTERS_WITH_A_MEANING = frozenset("deDE")
_UNIT_LETTERS = frozenset("othcslgmdOTHCSLGMD")
_LARGEST_EXPONENT = 20


def value_of(text: str) -> complex | None:
    r"""Return the value with a positive number for each letter (in either case), and i as the imaginary unit.

    None for any other text. Good to about 12 digits.

    >>> value_of(r"\frac{1}{2} + 3"), value_of("2(3)")
    ((3.5+0j), None)
    """
    tokens = []
    place = 0
    while match := _TOKEN.match(text, place):
        tokens.append(match[1])
        place = match.end()
    if place < len(text) or not tokens or tokens[-1] in _UNIT_LETTERS:
        return None
    try:
        value = _Expression(tokens).value()
    except (ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return None
    return value if cmath.isfinite(value) else None


class _Expression:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._next = 0
        self._has_letters = any(token.isalpha() for token in tokens)

    def value(self) -> complex:
        """Evaluate all tokens. Raises ValueError for any other kind of expression."""
        value = self._sum()
        self._take("")
        return value

    def _take(self, *expected: str) -> str:
        token = self._tokens[self._next]
        if expected and token not in expected:
            raise ValueError(token)
        self._next += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._next]

    def _sum(self) -> complex:
        total = -self._product() if self._peek() == "-" and self._take() else self._product()
        while self._peek() in ("+", "-"):
            total = total + self._product() if self._take() == "+" else total - self._product()
        return total

    def _product(self) -> complex:
        value = self._power()
        while (token := self._peek()) not in ("", "+", "-", "}", ")"):
            if token in ("\\cdot", "\\times"):
                self._take()
            elif token[0].isdigit() or token == "\\frac" or (token == "(" and not self._may_open()):
                raise ValueError(token)
            value *= self._power()
        return value

    def _may_open(self) -> bool:
        """Return whether "(" starts a factor: in (a+5)(b+2); to math-verify 2(3) is a mixed number, x(3) a function."""
        return self._has_letters and self._tokens[self._next - 1] == ")"

    def _power(self) -> complex:
        base = self._factor()
        if self._peek() != "^":
            return base
        self._take()
        exponent = self._argument()
        if exponent.imag or not exponent.real.is_integer() or abs(exponent.real) > _LARGEST_EXPONENT:
            raise ValueError(exponent)
        return base ** int(exponent.real)

    def _factor(self) -> complex:
        token = self._take()
        if token == "\\pi":
            return complex(math.pi)
        if token == "\\sqrt":
            return self._root(self._argument())
        if token == "\\frac":
            return self._argument() / self._argument()
        if token == "(":
            value = self._sum()
            self._take(")")
            return value
        return _at_the_point(token) if token.isalpha() else complex(float(token))

    @staticmethod
    def _root(value: complex) -> complex:
        if value.imag or value.real < 0:
            raise ValueError(value)
        return complex(math.sqrt(value.real))

    def _argument(self) -> complex:
        r"""Read {…} or one digit: in \sqrt13 only the 1 is under the root, and \frac123 is read in a third way."""
        if self._peek() == "{":
            self._take()
            value = self._sum()
            self._take("}")
            return value
        token = self._take()
        if len(token) > 1 or not token.isdigit() or (self._peek() and self._peek()[0].isdigit() and self._opens()):
            raise ValueError(token)
        return complex(float(token))

    def _opens(self) -> bool:
        r"""Return whether further digits would follow an argument that takes one (after \frac they may)."""
        return self._tokens[self._next - 2] != "\\frac"


def _at_the_point(letter: str) -> complex:
    if letter in _LETTERS_WITH_A_MEANING:
        raise ValueError(letter)
    if letter in "iI":
        return 1j
    return complex(1 + (ord(letter.lower()) * 7919 % 1000) / 1009)
