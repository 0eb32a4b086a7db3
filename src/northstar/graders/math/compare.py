r"""Compares mathematical answers: part by part where they have parts, by value where they are scalars.

Answers are written in one spelling first (normalise.py) and taken apart (shape.py). Scalars that need no algebra are
decided in microseconds; what remains goes to algebra.py, which may take forever: whoever calls `same_answer` must be
able to stop it (compute/pool.py).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from northstar.graders.math.normalise import normalised
from northstar.graders.math.reading import Number, Word, close, far_apart, read, word_of
from northstar.graders.math.shape import DOTS, Named, Scalar, Several, Shape, shape_of
from northstar.graders.math.units import quantity, with_bare_unit

LONGEST_COMPARED = 2000
"""Characters of the longest answer compared by algebra. The longest of MATH-500 has 53, the largest matrices and
polynomials of olympiads some hundreds; longer ones are models repeating themselves, at seconds of parsing each."""

LONGEST_NORMALISED = 4000
"""Characters of the longest answer that is read at all; markup around a short formula may take some."""

Verdict = bool | None
_Decide = Callable[[str, str], Verdict]


def same_answer_quickly(expected: str, predicted: str) -> Verdict:
    """Decide without algebra: equal texts, numbers, simple expressions, words. None: undecided.

    >>> same_answer_quickly("1/2", r"\\frac{1}{2}"), same_answer_quickly("2", "3"), same_answer_quickly("x+1", "1+x")
    (True, False, None)
    """
    return _same(expected, predicted, _undecided)


def same_answer(expected: str, predicted: str) -> bool:
    """Return whether two answers are equal. May take forever or all memory: call it where it can be stopped."""
    if (quick := same_answer_quickly(expected, predicted)) is not None:
        return quick
    from northstar.graders.math.algebra import equal_by_algebra

    return bool(_same(expected, predicted, equal_by_algebra))


def _undecided(_expected: str, _predicted: str) -> None:
    """Stand in for algebra."""


def prepare() -> None:
    """Import what `same_answer` needs, outside its time limit."""
    import northstar.graders.math.algebra  # noqa: F401


def _same(expected: str, predicted: str, algebra: _Decide) -> Verdict:
    if max(len(expected), len(predicted)) > LONGEST_NORMALISED:
        return expected.strip() == predicted.strip() != ""
    left, right = normalised(expected), normalised(predicted)
    if not left or not right:
        return False
    if left == right:
        return True
    if len(left) > LONGEST_COMPARED or len(right) > LONGEST_COMPARED:
        return False
    return _same_shape(shape_of(left), shape_of(right), left, right, algebra)


def _same_shape(left: Shape, right: Shape, expected: str, predicted: str, algebra: _Decide) -> Verdict:
    """Compare whole answers; `expected` and `predicted` are their texts, for what only algebra can say."""
    if isinstance(left, Named) and isinstance(right, Named):
        if left.name.casefold() == right.name.casefold() or "\\text" in left.name + right.name:
            return _same_parts(left.body, right.body, algebra)
        return algebra(expected, predicted)
    if isinstance(left, Named):
        if isinstance(right, Scalar) and "=" in right.text:
            return algebra(expected, predicted)
        return _same_parts(left.body, right, algebra)
    if isinstance(right, Named):
        if isinstance(left, Scalar) and "=" in left.text:
            return algebra(expected, predicted)
        return _same_parts(left, right.body, algebra)
    if isinstance(right, Scalar) and "=" in right.text and not (isinstance(left, Scalar) and "=" in left.text):
        right = shape_of(right.text.rpartition("=")[2])  # 2 + 3 = 5
    return _same_parts(left, right, algebra)


def _same_parts(left: Shape, right: Shape, algebra: _Decide) -> Verdict:
    if left == right:
        return True
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return _same_scalar(left.text, right.text, algebra)
    if isinstance(left, Several) and isinstance(right, Several):
        return _same_several(left, right, algebra)
    if isinstance(left, Named) and isinstance(right, Named):
        same_name = left.name.casefold() == right.name.casefold()
        return _same_parts(left.body, right.body, algebra) if same_name else False
    if isinstance(left, Named) or isinstance(right, Named):
        return _same_parts(
            left.body if isinstance(left, Named) else left, right.body if isinstance(right, Named) else right, algebra
        )
    if isinstance(left, Several) and _is_singleton(left):
        return _same_parts(left.parts[0], right, algebra)
    if isinstance(right, Several) and _is_singleton(right):
        return _same_parts(left, right.parts[0], algebra)
    if any(isinstance(side, Scalar) and read(side.text) is not None for side in (left, right)):
        return False  # a number or a word is no list
    return algebra(_text(left), _text(right))


def _same_several(left: Several, right: Several, algebra: _Decide) -> Verdict:
    kinds = {"list" if several.brackets == "plus-minus" else several.brackets for several in (left, right)}
    if DOTS in left.parts or DOTS in right.parts:
        return _in_order(left.parts, right.parts, algebra) if len(kinds) == 1 else False
    if kinds <= {"list", "\\{\\}", "union"} and (len(kinds) == 1 or "union" not in kinds):
        same_count = len(left.parts) == len(right.parts)
        if kinds == {"list"}:
            return _same_solutions(left.parts, right.parts, algebra) if same_count else False
        if not same_count and kinds != {"\\{\\}"}:
            return algebra(_text(left), _text(right)) if kinds == {"union"} else False
        return _in_any_order(left.parts, right.parts, algebra)
    if "union" in kinds:
        return algebra(_text(left), _text(right))
    if len(kinds) == 1 or kinds == {"()", "list"}:
        return _in_order(left.parts, right.parts, algebra)
    vectors = kinds <= {"()", "[]", "list"} and len(left.parts) > 2
    return _in_order(left.parts, right.parts, algebra) if vectors else False


def _is_singleton(several: Several) -> bool:
    return several.brackets == "\\{\\}" and len(several.parts) == 1


def _in_order(left: tuple[Shape, ...], right: tuple[Shape, ...], algebra: _Decide) -> Verdict:
    if len(left) != len(right):
        return False
    undecided = False
    for one, other in zip(left, right, strict=True):
        verdict = (one == other) if DOTS in (one, other) else _same_parts(one, other, algebra)
        if verdict is False:
            return False
        undecided = undecided or verdict is None
    return None if undecided else True


def _in_any_order(
    left: tuple[Shape, ...], right: tuple[Shape, ...], algebra: _Decide, *, as_often: bool = False
) -> Verdict:
    """Each part must have an equal one on the other side; of its own, if each must be there `as_often`."""
    verdicts = [[_same_parts(one, other, algebra) for other in right] for one in left]
    lines = [*verdicts, *([line[place] for line in verdicts] for place in range(len(right)))]
    if any(all(verdict is False for verdict in line) for line in lines):
        return False
    if not all(True in line for line in lines):
        return None
    return True if not as_often or _can_be_paired(verdicts) else None if None in chain(*verdicts) else False


def _can_be_paired(verdicts: list[list[Verdict]]) -> bool:
    taken: set[int] = set()
    for line in verdicts:
        place = next((place for place, verdict in enumerate(line) if verdict and place not in taken), None)
        if place is None:
            return False
        taken.add(place)
    return True


def _same_solutions(left: tuple[Shape, ...], right: tuple[Shape, ...], algebra: _Decide) -> Verdict:
    """Compare lists: numbers in any order, and p = 5, q = 2, p = 7, q = 2 as solutions in any order."""
    ours, theirs = _solutions(left), _solutions(right)
    if (ours is None) == (theirs is None):
        return _in_any_order(ours or left, theirs or right, algebra, as_often=True)
    values = tuple(part.body if isinstance(part, Named) else part for part in (left if ours else right))
    several_names = len({part.name for part in (left if ours else right) if isinstance(part, Named)}) > 1
    compare = _in_order if several_names else _in_any_order
    return compare(values, right, algebra) if ours else compare(left, values, algebra)


def _solutions(parts: tuple[Shape, ...]) -> tuple[Several, ...] | None:
    """Group named values: a solution ends where a name comes again. None if a part has no name."""
    solutions: list[dict[str, Named]] = [{}]
    for part in parts:
        if not isinstance(part, Named):
            return None
        if part.name in solutions[-1]:
            solutions.append({})
        solutions[-1][part.name] = part
    return tuple(Several("solution", tuple(values for _, values in sorted(one.items()))) for one in solutions)


def _same_scalar(expected: str, predicted: str, algebra: _Decide) -> Verdict:
    if DOTS.text in expected or DOTS.text in predicted:
        return expected == predicted
    left, right = quantity(expected), quantity(predicted)
    left, right = with_bare_unit(left, right.unit), with_bare_unit(right, left.unit)
    if (left.unit and right.unit and left.unit != right.unit) or (left.base and right.base and left.base != right.base):
        return False
    verdict = _same_value(left.value, right.value, algebra)
    if verdict or left.percent == right.percent:
        return verdict
    one, other = read(left.value), read(right.value)
    if isinstance(one, Number) and isinstance(other, Number):
        return verdict or close(_hundredth(one, left.percent), _hundredth(other, right.percent))
    texts = [f"\\frac{{{side.value}}}{{100}}" if side.percent else side.value for side in (left, right)]
    hundredth = _same_value(texts[0], texts[1], algebra)
    return hundredth if hundredth or verdict is False else None


def _hundredth(number: Number, percent: bool) -> Number:
    return Number(number.value / 100, number.exact) if percent else number


def _same_value(expected: str, predicted: str, algebra: _Decide) -> Verdict:
    if expected == predicted:
        return True
    left, right = read(expected), read(predicted)
    if isinstance(left, Word) or isinstance(right, Word):
        if not ((isinstance(left, Word) and left.sure) or (isinstance(right, Word) and right.sure)):
            return algebra(expected, predicted)
        names = [
            one.name if isinstance(one, Word) else word_of(text) for one, text in ((left, expected), (right, predicted))
        ]
        return names[0] == names[1] != ""
    if isinstance(left, Number) and isinstance(right, Number):
        return close(left, right)
    if left is not None and right is not None and far_apart(left, right):
        return False
    return algebra(expected, predicted)


def _text(shape: Shape) -> str:
    """Write a shape for algebra."""
    if isinstance(shape, Scalar):
        return shape.text
    if isinstance(shape, Named):
        return f"{shape.name}={_text(shape.body)}"
    if shape.brackets == "union":
        return "\\cup ".join(map(_text, shape.parts))
    if shape.brackets in ("matrix", "row"):
        between = "&" if shape.brackets == "row" else "\\\\"
        inside = between.join(map(_text, shape.parts))
        return inside if shape.brackets == "row" else f"\\begin{{pmatrix}}{inside}\\end{{pmatrix}}"
    opening, closing = ("", "") if len(shape.brackets) > 4 or shape.brackets == "list" else _brackets(shape.brackets)
    return opening + ",".join(map(_text, shape.parts)) + closing


def _brackets(brackets: str) -> tuple[str, str]:
    half = len(brackets) // 2
    return brackets[:half], brackets[half:]
