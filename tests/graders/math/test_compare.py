r"""What needs no algebra is decided without it; a rewriting keeps the verdict, and another value changes it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from bench.math_rewritings import CHANGES, SPELLINGS
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from northstar.graders.math.algebra import equal_by_algebra
from northstar.graders.math.compare import same_answer, same_answer_quickly
from northstar.graders.math.normalise import normalised


@pytest.mark.parametrize(
    ("expected", "predicted", "verdict"),
    [
        ("5", "5", True),
        ("033", "33", True),
        ("5", "6", False),
        ("-5", "5", False),
        ("1234567", "1,234,567", True),
        (r"10,\!080", "10080", True),
        (r"\$36", "36", True),
        (r"90^\circ", "90", True),
        (r"5.4 \text{ cents}", "5.4", True),
        (r"\frac{1}{2}", r"\dfrac12", True),
        (r"\frac{1}{2}", "2/4", True),
        (r"\frac{1}{2}", "0.5", True),
        ("1.25", r"\frac{5}{4}", True),
        (r"1\frac{4}{5}", r"\frac95", True),
        ("3.14", "3.15", False),
        (r"\text{(C)}", "C", True),
        (r"\text{(C)}", "D", False),
        (r"\text{Evelyn}", r"\text{evelyn}", True),
        (r"\text{east}", "5", False),
        (r"\text{east}", r"\text{west}", False),
        ("5", "x = 5", True),
        (r"\left( 3, \frac{\pi}{2} \right)", r"( 3, \dfrac{\pi}{2} )", True),
        ("(2,4)", "(2,5)", False),
        ("(2,4)", "3", False),
        ("(1,2)", "[1,2]", False),
        ("1,-2", "-2, 1", True),
        (r"\{1, 2\}", "2, 1", True),
        (r"x \in [-2,7]", "[-2,7]", True),
        (r"3\sqrt{13}", r"13\sqrt{3}", False),
        ("6 - 5i", "6 + 5i", False),
        ("x^3+3x-6", "x^3+3x-5", False),
        (r"\begin{pmatrix} -2 \\ 4 \end{pmatrix}", "-2", False),
        ("p - q", "q - p", False),
        (r"6.63 \times 10^{-34}", r"1.05 \times 10^{-34}", False),
        (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}", False),
        ("5", "", False),
        ("5", " \n", False),
        ("五", "五", True),
    ],
)
def test_decided_without_algebra(expected: str, predicted: str, verdict: bool) -> None:
    assert same_answer_quickly(expected, predicted) is verdict
    assert same_answer(expected, predicted) is verdict


@pytest.mark.parametrize(
    ("expected", "predicted", "verdict"),
    [
        (r"2\sqrt{2}", r"\sqrt{8}", True),
        ("(a+5)(b+2)", "ab + 2a + 5b + 10", True),
        ("6r^2-4r-24", "2(3r^2 - 2r - 12)", True),
        (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}", True),
        (r"\cot x", r"\frac{\cos x}{\sin x}", True),
        ("10^{15}+1", "10^{15}", False),
        ("五", "六", False),
    ],
)
def test_decided_by_algebra(expected: str, predicted: str, verdict: bool) -> None:
    assert same_answer_quickly(expected, predicted) is None
    assert same_answer(expected, predicted) is verdict


WHOLE = st.one_of(st.integers(0, 30), st.integers(0, 10**6), st.integers(0, 10**25))
NUMBERS = st.one_of(
    st.builds(Fraction, st.integers(-500, 500), st.integers(1, 40)),
    st.builds(Fraction, st.integers(-(10**25), 10**25)),
)


def spelled(value: Fraction) -> list[str]:
    """Ways to write a number exactly."""
    sign, top, bottom = "-" if value < 0 else "", abs(value.numerator), value.denominator
    ways = [rf"{sign}\frac{{{top}}}{{{bottom}}}", f"{value}", rf"{sign}\dfrac{{{3 * top}}}{{{3 * bottom}}}"]
    ways += [f"$ {value} $.", f"x = {value}", rf"\boldsymbol{{{value}}}", rf"{value} \text{{ units}}", f"({value})"]
    ways += [f"{100 * value}\\%", str(value).replace("-", "−"), f"−{-value}" if value < 0 else f"+{value}"]
    if bottom == 1:
        ways += [
            f"{int(value):,}",
            f"{int(value):,}".replace(",", r"\,"),
            f"{int(value):,}".replace(",", "{,}"),
            f"{value}.0",
        ]
    if top > bottom > 1:
        ways += [rf"{sign}{top // bottom}\frac{{{top % bottom}}}{{{bottom}}}"]
    return ways


@settings(max_examples=300)
@given(NUMBERS, NUMBERS, st.data())
def test_numbers_are_equal_if_their_values_are(one: Fraction, other: Fraction, data: st.DataObject) -> None:
    left, right = data.draw(st.sampled_from(spelled(one)[:3])), data.draw(st.sampled_from(spelled(one)))
    assert same_answer_quickly(left, right) is True
    wrong = data.draw(st.sampled_from(spelled(other)))
    assume(one not in (other, 100 * other, other / 100))
    assert same_answer_quickly(left, wrong) is False


@settings(max_examples=200)
@given(st.integers(100, 999), st.integers(100, 999), st.integers(-300, 300), st.integers(-300, 300))
def test_powers_of_ten_are_compared_relative_to_their_size(one: int, other: int, exponent: int, second: int) -> None:
    left = rf"{one / 100:.2f} \times 10^{{{exponent}}}"
    assert same_answer_quickly(left, f"{one / 100:.2f}e{exponent}") is True
    assert same_answer_quickly(left, rf"{one / 10:.1f} \cdot 10^{{{exponent - 1}}}") is True
    same = (one, exponent) == (other, second)
    assert same_answer_quickly(left, rf"{other / 100:.2f} \times 10^{{{second}}}") is same


@settings(max_examples=200)
@given(st.integers(1, 500), st.integers(1, 40), st.integers(6, 9))
def test_a_decimal_stands_for_the_fraction_that_it_rounds_to_six_places(top: int, bottom: int, places: int) -> None:
    assert same_answer_quickly(f"{top}/{bottom}", f"{top / bottom:.{places}f}") is True
    assert same_answer_quickly(f"{top}/{bottom}", f"{top / bottom + 2e-6:.{places}f}") is False


ATOM = st.sampled_from(
    [
        *("3", "0", r"\pi", r"\sqrt{3}", r"\sqrt2", "x", "y", "2x", "x^2", "3y^{2}", "i", "2i", "2^3", "e", "k"),
        *(r"\frac{1}{2}", r"\frac{x}{3}", "t", "m", "2^{-40}", "0.5", r"\frac{1}{3^{50}}", "x/2"),
    ]
)
EXPRESSION = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.builds("{}{}{}".format, inner, st.sampled_from(["+", "-", " - ", r"\cdot "]), inner),
        st.builds(r"\frac{{{}}}{{{}}}".format, inner, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(EXPRESSION, EXPRESSION)
def test_quick_verdicts_on_expressions_are_those_of_algebra(left: str, right: str) -> None:
    assume(normalised(left) != normalised(right))
    quick = same_answer_quickly(left, right)
    assert quick is None or quick == equal_by_algebra(normalised(left), normalised(right)), (left, right, quick)


DIFFERENT_ITEMS = st.lists(st.integers(-99, 99), min_size=2, max_size=5, unique=True)
CONTAINERS: dict[str, Callable[[list[str]], str]] = {
    "list": ", ".join,
    "tuple": lambda items: f"({', '.join(items)})",
    "set": lambda items: rf"\{{{', '.join(items)}\}}",
    "column": lambda items: r"\begin{pmatrix} " + r" \\ ".join(items) + r" \end{pmatrix}",
}


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(CONTAINERS)), st.lists(st.integers(-99, 99), min_size=2, max_size=5, unique=True), st.data()
)
def test_order_counts_in_tuples_and_columns_alone(kind: str, items: list[int], data: st.DataObject) -> None:
    write = CONTAINERS[kind]
    expected, shuffled = write(list(map(str, items))), data.draw(st.permutations(items))
    in_order = shuffled == items
    assert same_answer_quickly(expected, write([f"{item}.0" for item in shuffled])) is (
        in_order or kind in ("list", "set")
    )
    place = data.draw(st.integers(0, len(items) - 1))
    other = [item + 200 * (place == at) for at, item in enumerate(items)]
    assert same_answer_quickly(expected, write(list(map(str, other)))) is False


ENDS = st.tuples(st.integers(-50, 0), st.integers(1, 50), st.sampled_from("(["), st.sampled_from(")]"))


@given(ENDS, ENDS)
def test_an_interval_is_the_inequality_that_says_it(
    one: tuple[int, int, str, str], other: tuple[int, int, str, str]
) -> None:
    def inequality(low: int, high: int, left: str, right: str) -> str:
        signs = {"(": "<", ")": "<", "[": r"\le", "]": r"\leq"}
        return f"{low} {signs[left]} t {signs[right]} {high}"

    low, high, left, right = one
    interval = rf"\left{left}{low}, {high}\right{right}"
    assert same_answer_quickly(interval, inequality(*one)) is True
    assert same_answer_quickly(inequality(*one), interval) is True
    assert same_answer_quickly(interval, inequality(*other)) is (one == other)


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> list[str]:
    lines = (shared_data / "math-500" / "test.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line)["answer"] for line in lines]


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_real_answers_are_accepted_in_usual_spellings(answers: list[str], spelling: str) -> None:
    pairs = [(answer, SPELLINGS[spelling](answer)) for answer in answers]
    assert [pair for pair in pairs if not same_answer(*pair)] == []


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("change", CHANGES)
def test_real_answers_with_another_value_are_refused(answers: list[str], change: str) -> None:
    pairs = [(answer, CHANGES[change](answer)) for answer in answers]
    assert [pair for pair in pairs if pair[0] != pair[1] and same_answer(*pair)] == []


@settings(max_examples=200)
@given(st.text(), st.text())
def test_any_text_is_compared_without_raising(left: str, right: str) -> None:
    assert same_answer_quickly(left, right) in (True, False, None)


def test_very_long_answers_are_compared_as_text() -> None:
    assert same_answer_quickly("1" * 3000, "1" * 3000) is True
    assert same_answer_quickly("5", "{" * 10**6) is False
    assert same_answer_quickly("5", "0" * 2001 + "5") is False


def test_deeply_nested_answers_are_compared_without_raising() -> None:
    for deep in ("(" * 900 + "1,2" + ")" * 900, r"\frac{1}{" * 150 + "2" + "}" * 150, "{" * 900 + "5" + "}" * 900):
        assert same_answer_quickly("5", deep) in (True, False, None)


def test_the_quick_half_imports_no_algebra_and_takes_microseconds() -> None:
    code = (
        "import sys; from northstar.graders.math.compare import same_answer_quickly as f;"
        "assert f('5', '5') and not f('p', '3'); print([n for n in ('sympy', 'math_verify') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
    start = time.process_time()
    for number in range(5000):
        same_answer_quickly(str(number), rf"\frac{{{number}}}{{7}}")
    assert (time.process_time() - start) / 5000 < 300e-6


def test_the_rewritings_of_the_benchmark_change_what_they_say() -> None:
    assert SPELLINGS["1,234"]("12345") == "12,345"
    assert CHANGES["other base"]("2516_8") == "2516_7"
    assert not re.search("sqrt", SPELLINGS["√3"](r"2\sqrt{13}"))
