"""The slow half of math_compare: math-verify, with every text parsed once. Only worker processes import it (sympy)."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

import sympy
from math_verify import parse, verify
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

PARSED_KEPT = 4096
LARGEST_VALUED = 60
"""Nodes of an expression that is evaluated at a point."""


@lru_cache(maxsize=PARSED_KEPT)
def equal_by_algebra(expected: str, predicted: str) -> bool:
    """verify(parse(expected), parse(predicted)), but without simplifying what differs in value. Has no time limit."""
    left, right = _value(expected), _value(predicted)
    if left is not None and right is not None and _far_apart(left, right):
        return False
    return bool(verify(_parsed(expected), _parsed(predicted), timeout_seconds=None))


@lru_cache(maxsize=PARSED_KEPT)
def _parsed(formula: str) -> list[Any]:
    """What math-verify reads: an expression (where it can be parsed) and its normalised text."""
    result: list[Any] = parse(formula, parsing_timeout=None)
    return result


@lru_cache(maxsize=PARSED_KEPT)
def _value(formula: str) -> complex | None:
    """The value of a plain algebraic expression at a point that every variable's name determines, if it has one.

    Variables are positive there, so identities that only hold for positive numbers hold at it as well.
    """
    parsed = _parsed(formula)
    if not parsed or not _is_plain(parsed[0]):
        return None
    expression = parsed[0]
    point = {symbol: _coordinate(str(symbol)) for symbol in expression.free_symbols}
    try:
        value = complex(expression.subs(point).evalf(15))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError, RecursionError):
        return None
    return value


def _coordinate(name: str) -> sympy.Rational:
    return sympy.Rational(1000 + zlib.crc32(name.encode()) % 1000, 1009)


def _far_apart(left: complex, right: complex) -> bool:
    gap = abs(left - right)
    return gap > 1e-3 * max(1.0, abs(left), abs(right))  # False where one isn't a number


def _is_plain(expression: Any) -> bool:
    """An algebraic expression of moderate size, without what math-verify compares in ways of its own."""
    if not isinstance(expression, sympy.Expr) or isinstance(expression, (sympy.MatrixExpr, sympy.Symbol)):
        return False
    for size, part in enumerate(sympy.preorder_traversal(expression)):
        if size > LARGEST_VALUED:
            return False
        if isinstance(part, (sympy.UnevaluatedExpr, sympy.Integral, sympy.Sum, Relational, BooleanFunction)):
            return False
        if isinstance(part, sympy.Pow) and not _is_small(part.exp):
            return False
    return True


def _is_small(exponent: Any) -> bool:
    """Exponents that may be evaluated without fear of a number that fills the memory."""
    return bool(not exponent.args and (exponent.is_Symbol or (exponent.is_number and abs(exponent) < 200)))
