"""The slow half of compare.py: values to fifty digits, then math-verify. Only worker processes import it (sympy)."""

from __future__ import annotations

import logging
import re
import zlib
from functools import lru_cache
from typing import Any

import sympy
from latex2sympy2_extended.latex2sympy2 import latex2sympy
from math_verify import verify
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

CACHE_SIZE = 4096
LARGEST_VALUED = 60
"""Nodes of the largest expression that is evaluated."""
DIGITS = 50
SMALLEST_DIFFERENCE = sympy.Float("1e-30", DIGITS)

logging.getLogger("math_verify").setLevel(logging.ERROR)

_PRODUCT = re.compile(r"(?<=[0-9])\((?!,)")
_NO_FORMULA = re.compile(r"(?:\A|[^A-Za-z\\])[A-Za-z]+[0-9]")
"""A digit right behind a letter, as in d0nkDN: nobody writes a product so."""
_PRIMED = re.compile(r"([A-Za-z])('+)")
_DUMMIES = (sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit, sympy.Derivative)


@lru_cache(maxsize=CACHE_SIZE)
def equal_by_algebra(expected: str, predicted: str) -> bool:
    """Return whether two normalised formulas are equal: by their values where those say it, else by math-verify."""
    left, right = _parsed(expected), _parsed(predicted)
    if left is None or right is None:
        return False
    one, other = _value(expected), _value(predicted)
    if one is not None and other is not None:
        verdict = _same_values(left, right, one, other)
        if verdict is not None:
            return verdict
    return bool(verify(left, right, allow_set_relation_comp=True, timeout_seconds=None))


@lru_cache(maxsize=CACHE_SIZE)
def _parsed(formula: str) -> Any:
    """Return what math-verify's parser makes of it, with i as the imaginary unit; None if it can't be parsed."""
    formula = _PRIMED.sub(lambda name: f"{name[1]}_{{{'p' * len(name[2])}}}", formula)  # the parser drops primes
    if "'" in formula or _NO_FORMULA.search(formula):
        return None
    try:
        parsed = latex2sympy(
            _PRODUCT.sub(r"\\cdot(", formula), is_real=True, convert_degrees=False, normalization_config=None
        )
    except Exception:  # the parser raises plain Exceptions, and sympy whatever it likes
        return None
    if isinstance(parsed, sympy.Basic) and (derivatives := _unknown_derivatives(parsed)):
        parsed = parsed.xreplace(derivatives)
    if isinstance(parsed, sympy.Expr) and not parsed.has(*_DUMMIES):
        units = {symbol: sympy.I for symbol in parsed.free_symbols if str(symbol) == "i"}
        if units:
            parsed = parsed.xreplace(units)
    return parsed


def _same_values(left: Any, right: Any, one: Any, other: Any) -> bool | None:
    """Decide by values; None for equal values of formulas with letters, which are at one point alone."""
    difference, size = abs(one - other), max(abs(one), abs(other))
    decimals = left.has(sympy.Float) + right.has(sympy.Float)
    if decimals:  # may stand for what they round, as in reading.close
        if difference > min(5.000001e-7, (5e-5 if decimals == 1 else 2e-6) * size) and not _letters(left, right):
            return False
        return None if _letters(left, right) else True
    if difference > SMALLEST_DIFFERENCE * size:
        return False
    return None if _letters(left, right) else _same_to_the_end(left, right, size)


def _same_to_the_end(left: Any, right: Any, size: Any) -> bool:
    """Tell 2^{1000}+1 from 2^{1000}: two numbers are taken for equal where a thousand digits are."""
    try:
        gap = abs((left - right).evalf(2, maxn=4000))
    except Exception:  # sympy raises whatever it likes
        return True
    return bool(gap <= size * sympy.Float("1e-1000"))


def _unknown_derivatives(parsed: sympy.Basic) -> dict[sympy.Basic, sympy.Symbol]:
    """Return symbols for the derivatives of what has no formula: sympy takes df/dx for 0."""
    found = (each for each in parsed.atoms(sympy.Derivative) if each.expr.is_Symbol and each.expr not in each.variables)
    return {each: sympy.Symbol(str(each), real=True) for each in found}


def _letters(left: Any, right: Any) -> bool:
    return bool(left.free_symbols or right.free_symbols)


@lru_cache(maxsize=CACHE_SIZE)
def _value(formula: str) -> Any:
    """Return the value of a plain algebraic expression at a point fixed by its variables' names; None without one.

    Variables are positive there, so identities that hold only for positive numbers hold at it too.
    """
    expression = _parsed(formula)
    try:
        if not _is_plain(expression):
            return None
        point = {symbol: _coordinate(str(symbol)) for symbol in expression.free_symbols}
        value = expression.evalf(DIGITS, subs=point)
        if not all(isinstance(part, sympy.Number) for part in value.as_real_imag()):
            return None  # not worked out: 7 mod 5
        return value if value.is_finite else None
    except Exception:  # sympy raises whatever it likes
        return None


def _coordinate(name: str) -> sympy.Rational:
    return sympy.Rational(1000 + zlib.crc32(name.encode()) % 1000, 1009)


def _is_plain(expression: Any) -> bool:
    """Return whether this is an algebraic expression of moderate size that math-verify compares in no special way."""
    if not isinstance(expression, sympy.Expr) or isinstance(expression, (sympy.MatrixExpr, sympy.Symbol)):
        return False
    for size, part in enumerate(sympy.preorder_traversal(expression)):
        if size > LARGEST_VALUED:
            return False
        if isinstance(part, (sympy.UnevaluatedExpr, *_DUMMIES, Relational, BooleanFunction)):
            return False
        if isinstance(part, sympy.core.function.AppliedUndef):
            return False
        if isinstance(part, sympy.Pow) and not _is_small(part.exp):
            return False
        if isinstance(part, sympy.factorial) and not (part.args[0].is_Integer and part.args[0] < 100_000):
            return False
    return True


def _is_small(exponent: Any) -> bool:
    """Return whether an exponent is safe to evaluate, without a result that fills the memory."""
    for size, part in enumerate(sympy.preorder_traversal(exponent)):
        if size > 8 or (part.is_number and not part.args and abs(part) > 10_000):
            return False
        if isinstance(part, sympy.Pow) and part.exp != -1:
            return False
    return True
