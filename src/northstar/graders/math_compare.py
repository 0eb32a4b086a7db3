r"""Whether two mathematical answers are equal, with the verdicts of math-verify.

math-verify is asked as `verify(parse("$expected$"), parse("$predicted$"))` with its standard extraction. It is exact on
rational numbers and compares decimals to 6 places; see its documentation for sets, intervals, units and text.

What needs no algebra is decided without it, with the same verdicts: `same_answer_quickly` needs no import and some
microseconds; within `same_answer` expressions that differ in value at a point are not simplified first.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

LONGEST_COMPARED = 1000
"""Characters of a predicted answer that is compared by algebra; the longest answer of MATH-500 has 53."""

_INTEGER = re.compile(r"[+-]?(?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})")
_FRACTION = re.compile(
    r"(-?)(?:\\[dt]?frac ?(?:\{(-?[0-9]{1,15})\} ?\{([0-9]{1,15})\}|([0-9])([0-9]))|([0-9]{1,15})/([0-9]{1,15}))"
)
_SAFE_WORD = re.compile(r"[A-Za-z0-9+\-*/^_=<>()\[\]{}., :;|!'\\&]{1,300}")


def same_answer_quickly(expected: str, predicted: str) -> bool | None:
    """The verdict where it takes no algebra: whole numbers, simple fractions, the same text. None: undecided."""
    expected, predicted = expected.strip(), predicted.strip()
    if not expected or not predicted:
        return False
    if expected == predicted and _SAFE_WORD.fullmatch(expected) and "boxed" not in expected:
        return True
    left = _rational(expected)
    if left is not None:
        right = _rational(predicted)
        if right is not None:
            return left == right
    if len(predicted) > LONGEST_COMPARED:
        return expected == predicted
    return None


def prepare() -> None:
    """Import what `same_answer` needs, outside its time limit."""
    import math_verify
    import sympy

    del math_verify, sympy


def same_answer(expected: str, predicted: str) -> bool:
    """math-verify's verdict on two answers. May take forever or all memory: call it where it can be stopped."""
    if (quick := same_answer_quickly(expected, predicted)) is not None:
        return quick
    from math_verify import verify

    if _normalised(expected) == _normalised(predicted) != "":
        return True  # math-verify falls back on the normalised texts, after much longer thought
    golds, targets = _parsed(expected.strip()), _parsed(predicted.strip())
    for gold in golds:
        for target in targets:
            if _clearly_different(gold, target):
                continue
            if verify(gold, target, timeout_seconds=None):
                return True
    return False


def _rational(text: str) -> Fraction | None:
    r"""The number that a whole number or a simple fraction (\frac{a}{b}, \frac12, a/b) stands for."""
    if _INTEGER.fullmatch(text):
        return Fraction(int(text.replace(",", "")))
    match = _FRACTION.fullmatch(text)
    if match is None:
        return None
    sign, *parts = match.groups()
    top, bottom = (int(part) for part in parts if part is not None)
    if bottom == 0:
        return None
    return Fraction(-top if sign else top, bottom)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> list[Any]:
    """What math-verify reads from an answer: an expression (where it can be parsed) and its normalised text."""
    from math_verify import parse

    result: list[Any] = parse(f"${_bare(text)}$", parsing_timeout=None)
    return result


@lru_cache(maxsize=4096)
def _normalised(text: str) -> str:
    """The text as math-verify normalises it before it parses it."""
    from latex2sympy2_extended.latex2sympy2 import normalize_latex
    from math_verify import LatexExtractionConfig

    return str(normalize_latex(_bare(text), config=LatexExtractionConfig().normalization_config)).strip()


def _bare(text: str) -> str:
    """The text without dollar signs that delimit a formula (those of money are escaped)."""
    return re.sub(r"(?<!\\)\$", " ", text).strip()


def _clearly_different(gold: Any, target: Any) -> bool:
    """Whether two plain expressions differ so much at some point that no simplification makes them equal.

    math-verify would simplify their difference, which takes ten times as long, and find that it isn't zero.
    """
    import sympy

    if not (_is_plain(gold) and _is_plain(target)):
        return False
    symbols = sorted(gold.free_symbols | target.free_symbols, key=str)
    if len(symbols) > 6 or (symbols and (isinstance(gold, sympy.Symbol) or isinstance(target, sympy.Symbol))):
        return False
    point = {symbol: sympy.Rational(7 + 2 * place, 5 + place) for place, symbol in enumerate(symbols)}
    try:
        values = [complex(expression.subs(point).evalf(15)) for expression in (gold, target)]
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError, RecursionError):
        return False
    gap = abs(values[0] - values[1])
    return bool(gap > 1e-3 * max(1.0, abs(values[0]), abs(values[1])))  # false for nan


def _is_plain(expression: Any) -> bool:
    """An algebraic expression of moderate size, without percent signs and things that are compared their own way."""
    import sympy
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import Boolean

    if not isinstance(expression, sympy.Expr) or isinstance(expression, sympy.MatrixExpr):
        return False
    for size, part in enumerate(sympy.preorder_traversal(expression)):
        if size > 60 or isinstance(part, (sympy.UnevaluatedExpr, sympy.Integral, sympy.Sum, Relational, Boolean)):
            return False
        if isinstance(part, sympy.Pow) and not _is_small(part.exp):
            return False
    return True


def _is_small(exponent: Any) -> bool:
    """Exponents that may be evaluated without fear of a number that fills the memory."""
    return bool(not exponent.args and (exponent.is_Symbol or (exponent.is_number and abs(exponent) < 200)))
