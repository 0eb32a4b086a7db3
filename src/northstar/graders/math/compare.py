r"""Compares mathematical answers, with the verdicts of math-verify.

math-verify is called as `verify(parse(as_formula(expected)), parse(as_formula(predicted)))` with its standard
extraction (LaTeX, then plain expressions), strict, decimals to 6 places. Its time limits are off, since signals do not
stop every
computation: whoever calls `same_answer` must be able to stop it (compute/pool.py).

Comparisons without algebra take a shortcut to the same verdict: `same_answer_quickly` takes microseconds and imports
nothing, and `same_answer` does not simplify the difference of expressions whose values are far apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from northstar.graders.math.reading import (
    Decimal,
    Expression,
    Matrix,
    Reading,
    Several,
    Whole,
    Word,
    far_apart,
    read,
    tidied,
)

LONGEST_COMPARED = 2000
"""Characters of the longest answer compared by algebra. The longest of MATH-500 has 53, the largest matrices and
polynomials of olympiads some hundreds; longer ones are models repeating themselves, at seconds of parsing each."""

DECIMALS_DIFFER = 2e-6
"""math-verify rounds decimals to 6 places; decimals further apart than this differ however it rounds."""

_FORMULA = re.compile(r"(?<!\\)\$.+(?<!\\)\$|\\\(.+\\\)|\\\[.+\\\]|\\(?:boxed|fbox)\s*\{", re.DOTALL)
_DOLLAR = re.compile(r"(?<!\\)\$")
_EXTRACTED_OTHERWISE = re.compile(r"\.$|box|\\\(|\\\[|(?<!\\)\$|\n|(?i:answer)")
_NEVER_NORMALISED_AWAY = re.compile(
    r".*[0-9]|[(\[]?-?[A-Za-z]|\\text\{\(?[A-Za-z]|-?\\(?:pi|infty|sqrt|frac|sin|cos|tan|cot|log|ln)\b", re.DOTALL
)


def same_answer_quickly(expected: str, predicted: str) -> bool | None:
    """Decide without algebra: equal texts, numbers, simple expressions, words. None: undecided.

    >>> same_answer_quickly("1/2", r"\\frac{1}{2}"), same_answer_quickly("2", "3"), same_answer_quickly("x+1", "1+x")
    (True, False, None)
    """
    if not expected.strip() or not predicted.strip():
        return False
    if len(expected) > LONGEST_COMPARED or len(predicted) > LONGEST_COMPARED:
        return expected.strip() == predicted.strip()
    left, left_variable = read(expected)
    right, right_variable = read(predicted)
    if left is not None and right is not None and not (left_variable and right_variable):  # x = 5 and 5 are the same
        verdict = _compare(left, right)
        if verdict is not None:
            return verdict
    text = tidied(expected)
    if text == tidied(predicted) and _NEVER_NORMALISED_AWAY.match(text) and not _EXTRACTED_OTHERWISE.search(text):
        return True  # math-verify accepts equal texts even if it cannot parse them
    return None


def _compare(left: Reading, right: Reading) -> bool | None:
    """Return the verdict on two readings if it is certain."""
    if isinstance(left, Word) and isinstance(right, Word):
        return left == right
    if isinstance(left, (Word, Several, Matrix)) or isinstance(right, (Word, Several, Matrix)):
        return _compare_kinds(left, right)
    percents = (isinstance(left, Whole) and left.percent) + (isinstance(right, Whole) and right.percent)
    if percents and not (isinstance(left, Whole) and isinstance(right, Whole)):
        return None
    if isinstance(left, Expression) or isinstance(right, Expression):
        return False if far_apart(complex(left.value), complex(right.value)) else None
    if left.value == right.value:
        return True
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return False if abs(left.value - right.value) > DECIMALS_DIFFER else None
    return None if percents == 1 else False  # 500% may or may not be 5


def _compare_kinds(left: Reading, right: Reading) -> bool | None:
    """Compare readings of kinds that never equal each other; only letters side by side may also be a word."""
    if isinstance(left, Several) and isinstance(right, Several):
        pairs = list(zip(left.values, right.values, strict=False))
        same = len(left.values) == len(right.values) and not any(a != b and far_apart(a, b) for a, b in pairs)
        return None if same else False
    kinds = {type(left), type(right)}
    letters = any(isinstance(reading, Expression) and reading.has_letters for reading in (left, right))
    if kinds == {Matrix} or kinds == {Matrix, Several} or (Word in kinds and letters):
        return None
    return False


def same_answer(expected: str, predicted: str) -> bool:
    """Return math-verify's verdict. May take forever or all memory: call it where it can be stopped."""
    if (quick := same_answer_quickly(expected, predicted)) is not None:
        return quick
    from northstar.graders.math.algebra import equal_by_algebra

    return equal_by_algebra(as_formula(expected), as_formula(predicted))


def prepare() -> None:
    """Import what `same_answer` needs, outside its time limit."""
    import northstar.graders.math.algebra  # noqa: F401


@lru_cache(maxsize=4096)
def as_formula(answer: str) -> str:
    """Put the answer between dollar signs, as math-verify expects formulas, unless it contains formulas itself.

    >>> as_formula("1/2"), as_formula(r"so $x=5$")
    ('$1/2$', 'so $x=5$')
    """
    if _FORMULA.search(answer):
        return answer
    return f"${_DOLLAR.sub(' ', answer).replace(chr(10), ' ').strip().rstrip(chr(92))}$"
