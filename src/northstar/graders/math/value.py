r"""Evaluates simple normalised expressions at one point: numbers, \pi, \sqrt, \frac, powers, letters, sums, products.

A recursive descent parser that takes microseconds and imports nothing heavy. What math-verify's parser understands in
its own way has no value here: `2\frac{x}{3}` may be a mixed number, `1/2\pi` 1/(2π), `x(3)` a function.
"""

from __future__ import annotations

import cmath
import math
import re

_TOKEN = re.compile(
    r" ?([0-9]*\.[0-9]+|[0-9]+|\\(?:frac|sqrt|pi|cdot|theta|lambda|alpha|beta|phi|mu)(?![A-Za-z])|[A-Za-z]|[{}()+\-^/])"
)
_NUMBERS_APART = re.compile("[0-9] [0-9]")
_LARGEST_EXPONENT = 200.0
_GREEK = ("\\theta", "\\lambda", "\\alpha", "\\beta", "\\phi", "\\mu")


def value_of(text: str) -> complex | None:
    r"""Return the value with a positive number for each letter (in either case), and i as the imaginary unit.

    None for any other text. Good to about 12 digits.

    >>> value_of(r"\frac{1}{2}+3"), value_of("x(3)")
    ((3.5+0j), None)
    """
    tokens = []
    place = 0
    while match := _TOKEN.match(text, place):
        tokens.append(match[1])
        place = match.end()
    if place < len(text) or not tokens or "E" in tokens or _NUMBERS_APART.search(text):
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
        negative = self._peek() in ("+", "-") and self._take() == "-"
        total = -self._product() if negative else self._product()
        while self._peek() in ("+", "-"):
            total = total + self._product() if self._take() == "+" else total - self._product()
        return total

    def _product(self) -> complex:
        value = self._power()
        divided = False
        while (token := self._peek()) not in ("", "+", "-", "}", ")"):
            if token == "/":
                self._take()
                value /= self._power()
                divided = True
                continue
            if token == "\\cdot":
                self._take()
            elif divided or not self._may_follow(token):
                raise ValueError(token)
            value *= self._power()
            divided = False
        return value

    def _may_follow(self, token: str) -> bool:
        """Return whether a factor may follow without a sign: not in 2 3, 2 1/2 or x(3), which may be a function."""
        before = self._tokens[self._next - 1]
        if token[0].isdigit() or token[0] == ".":
            return False
        if token == "\\frac":
            return not before[-1].isdigit()
        return token != "(" or before[-1] in ")}" or before[-1].isdigit() or before == "\\pi"

    def _power(self) -> complex:
        base = self._factor()
        if self._peek() != "^":
            return base
        self._take()
        exponent = self._argument()
        whole = exponent.imag == 0 and exponent.real.is_integer()
        if exponent.imag or abs(exponent.real) > _LARGEST_EXPONENT or not (whole or (base.imag == 0 and base.real > 0)):
            raise ValueError(exponent)
        power = base ** int(exponent.real) if whole else complex(base.real**exponent.real)
        return complex(power)

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
        return _at_the_point(token) if token.isalpha() or token in _GREEK else complex(float(token))

    @staticmethod
    def _root(value: complex) -> complex:
        if value.imag or value.real < 0:
            raise ValueError(value)
        return complex(math.sqrt(value.real))

    def _argument(self) -> complex:
        """Read {…}: normalised arguments have braces."""
        self._take("{")
        value = self._sum()
        self._take("}")
        return value


def _at_the_point(letter: str) -> complex:
    if letter == "e":
        return complex(math.e)
    if letter in "iI":
        return 1j
    place = ord(letter.lower()) if len(letter) == 1 else sum(map(ord, letter))
    return complex(1 + (place * 7919 % 1000) / 1009)
