"""The slow half of compare.py: math-verify, parsing each text once. Only worker processes import it (sympy)."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

import sympy
from math_verify import parse, verify
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

CACHE_SIZE = 4096
LARGEST_VALUED = 60
"""Nodes of the largest expression that is evaluated at a point."""


@lru_cache(maxsize=CACHE_SIZE)
def equal_by_algebra(expected: str, predicted: str) -> bool:
    """Return verify(parse(expected), parse(predicted)) without simplifying unequal values. Has no time limit."""
    left, right = _value(expected), _value(predicted)
    if left is not None and right is not None and _far_apart(left, right):
        return False
    return bool(verify(_parsed(expected), _parsed(predicted), timeout_seconds=None))


@lru_cache(maxsize=CACHE_SIZE)
def _parsed(formula: str) -> list[Any]:
    """Return what math-verify parses: an expression (if it can) and its normalised text."""
    result: list[Any] = parse(formula, parsing_timeout=None)
    return result


@lru_cache(maxsize=CACHE_SIZE)
def _value(formula: str) -> complex | None:
    """Return the value of a plain algebraic expression at a point fixed by its variables' names; None without one.

    Variables are positive there, so identities that hold only for positive numbers hold at it too.
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
    return gap > 1e-3 * max(1.0, abs(left), abs(right))  # False if either is NaN


def _is_plain(expression: Any) -> bool:
    """Return whether this is an algebraic expression of moderate size that math-verify compares in no special way."""
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
    """Return whether an exponent is safe to evaluate, without a result that fills the memory."""
    return bool(not exponent.args and (exponent.is_Symbol or (exponent.is_number and abs(exponent) < 200)))
