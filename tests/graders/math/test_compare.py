r"""The verdicts are those of math-verify, and those that need no algebra come without it."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from northstar.graders.math.compare import as_formula, same_answer, same_answer_quickly


@cache
def parsed(answer: str) -> Any:
    from math_verify import parse

    return parse(as_formula(answer), parsing_timeout=5)


def alone(expected: str, predicted: str) -> bool:
    """math-verify's verdict."""
    from math_verify import verify

    return bool(verify(parsed(expected), parsed(predicted), timeout_seconds=5))


def assert_agrees(expected: str, predicted: str) -> None:
    quick = same_answer_quickly(expected, predicted)
    assert quick is None or quick == alone(expected, predicted), (expected, predicted, quick)


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
        (r"3\sqrt{13}", r"13\sqrt{3}", False),
        ("6 - 5i", "6 + 5i", False),
        ("x^3+3x-6", "x^3+3x-5", False),
        (r"\begin{pmatrix} -2 \\ 4 \end{pmatrix}", "-2", False),
        ("p - q", "q - p", False),
        ("5", "", False),
        ("5", " \n", False),
    ],
)
def test_decided_without_algebra(expected: str, predicted: str, verdict: bool) -> None:
    assert same_answer_quickly(expected, predicted) is verdict
    assert alone(expected, predicted) is verdict


@pytest.mark.parametrize(
    ("expected", "predicted", "verdict"),
    [
        (r"2\sqrt{2}", r"\sqrt{8}", True),
        ("(a+5)(b+2)", "ab + 2a + 5b + 10", True),
        ("6r^2-4r-24", "2(3r^2 - 2r - 12)", True),
        (r"\frac{1}{3}", "0.3333333", True),
        (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}", True),
        ("1,-2", "-2, 1", True),
        (r"\{1, 2\}", "2, 1", True),
        ("(1,2)", "[1,2]", False),
        (r"(0,9) \cup (9,36)", r"(0, 9)\cup(9, 36)", True),
        (r"\cot x", r"\frac{\cos x}{\sin x}", True),
        ("p - q", "p-q", True),
        (r"x \in [-2,7]", "[-2,7]", True),
        ("五", "五", True),
        ("五", "六", False),
        ("5", "The answer is $5$", True),
    ],
)
def test_decided_by_algebra(expected: str, predicted: str, verdict: bool) -> None:
    assert same_answer_quickly(expected, predicted) is None
    assert same_answer(expected, predicted) is verdict
    assert alone(expected, predicted) is verdict


@pytest.mark.parametrize(
    ("expected", "predicted"),
    [
        ("235", "1 234"),  # digits side by side are a mixed number
        ("5", "2(3)"),
        ("52", "52_8"),  # a base is a subscript
        ("1.234", "01,234"),
        (r"\text{abc}", "cba"),  # letters side by side are a product
        ("50", r"50\%"),  # percent may or may not count
        ("-50", r"-50\%"),
        ("5", r"500\%"),
        (r"\frac{1}{2}", r"50\%"),
        ("1", "1 1/2"),
        ("2", "2 m"),
        (r"1/2\pi", r"\frac{\pi}{2}"),
        ("x = 3,627", "3627"),
        ("-6", "6"),
        ("e", "E"),
        ("0.3333333", "1/3"),
        ("0.333332", "1/3"),
        ("0.000001", "0.0000014"),
        ("1e5", "100000"),
        ("A", "A."),
        (r"\$4.", "4"),
        (r"\!", r"\!"),
        (r"\text{ }", r"\text{ }"),
    ],
)
def test_the_peculiar_is_either_left_to_algebra_or_known(expected: str, predicted: str) -> None:
    assert_agrees(expected, predicted)
    assert_agrees(predicted, expected)
    assert same_answer(expected, predicted) == alone(expected, predicted)


REWRITINGS: list[Callable[[str], str]] = [
    lambda text: text,
    lambda text: text.replace("\\frac", "\\dfrac"),
    lambda text: text.replace(" ", ""),
    lambda text: f" ${text}$ ",
    lambda text: text.replace("(", "\\left(").replace(")", "\\right)").replace("\\left\\left", "\\left"),
    lambda text: re.sub(r"\\d?frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text),
    lambda text: re.sub(r"([+\-,=])", r" \1 ", text),
    lambda text: text + ".0",
    lambda text: text + r" \text{ cm}",
    lambda text: text + r"^\circ",
    lambda text: text + r"\%",
    lambda text: text + ".",
    lambda text: "x = " + text,
    lambda text: "-" + text,
    lambda text: f"{int(text):,}" if re.fullmatch(r"-?\d+", text) else text.replace("\\text", "\\mathrm"),
]


def math_500_pairs(answers: list[str], others: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(0)
    for place, answer in enumerate(answers):
        yield from ((answer, rewrite(answer)) for rewrite in REWRITINGS)
        yield from ((answer, answers[(place + step) % len(answers)]) for step in range(1, others + 1))
        yield answer, chance.choice(REWRITINGS)(chance.choice(answers))


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> list[str]:
    return [json.loads(line)["answer"] for line in (shared_data / "math-500" / "test.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.shared_data
def test_quick_verdicts_on_real_answers_are_those_of_math_verify(answers: list[str]) -> None:
    pairs = list(math_500_pairs(answers, others=4))
    decided = [(left, right) for left, right in pairs if same_answer_quickly(left, right) is not None]
    different = [pair for pair in decided if same_answer_quickly(*pair) != alone(*pair)]
    assert different == []
    assert len(pairs) == 10_000
    assert len(decided) > 7_500


@pytest.mark.slow
@pytest.mark.shared_data
def test_verdicts_by_algebra_on_real_answers_are_those_of_math_verify(answers: list[str]) -> None:
    pairs = [pair for pair in math_500_pairs(answers, others=1) if same_answer_quickly(*pair) is None]
    chosen = random.Random(0).sample(pairs, 400)
    assert [pair for pair in chosen if same_answer(*pair) != alone(*pair)] == []


def signed(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{}{}".format, st.sampled_from(["", "", "-", "+", "- "]), numbers)


WHOLE = st.one_of(st.integers(0, 30), st.integers(0, 10**6), st.integers(0, 10**25))
WHOLE_TEXT = st.one_of(WHOLE.map(str), WHOLE.map("{:,}".format), WHOLE.map("00{}".format))
DECIMAL_TEXT = st.one_of(
    st.decimals(0, 10**6, allow_nan=False, places=2).map(str),
    st.decimals(0, 2, allow_nan=False, places=7).map("{:f}".format),
    st.builds(".{}".format, st.integers(0, 9999)),
    st.builds("{}e{}".format, st.integers(0, 9), st.integers(-3, 9)),
    st.builds("{}E{}".format, st.integers(0, 9), st.integers(-3, 9)),
)
SMALL = st.integers(0, 12)
FRACTION_TEXT = st.builds(
    lambda form, top, bottom: form.format(top, bottom),
    st.sampled_from(
        [
            r"\frac{{{}}}{{{}}}",
            r"\dfrac{{{}}}{{{}}}",
            "{}/{}",
            r"\frac{}{}",
            r"\frac {} {}",
            r"2\frac{{{}}}{{{}}}",
            "1 {}/{}",
        ]
    ),
    SMALL,
    SMALL,
)
ENDINGS = st.sampled_from(
    ["", "", "", r"\%", "%", " percent", r"^\circ", r"\text{ m}^2", ".", "$", r"\text{ and } 5", " kg"]
)
NUMBER = st.builds("{}{}".format, signed(st.one_of(WHOLE_TEXT, DECIMAL_TEXT, FRACTION_TEXT)), ENDINGS)


@settings(max_examples=500)
@given(NUMBER, NUMBER)
def test_quick_verdicts_on_numbers_are_those_of_math_verify(left: str, right: str) -> None:
    assert_agrees(left, right)


@settings(max_examples=300)
@given(st.integers(-500, 500), st.integers(1, 40), st.integers(0, 8), st.sampled_from([1, 2, 3]))
def test_quick_verdicts_on_a_fraction_and_its_decimals_are_those_of_math_verify(
    top: int, bottom: int, places: int, factor: int
) -> None:
    decimal = f"{top / bottom:.{places}f}"
    for fraction in (f"{top * factor}/{bottom * factor}", rf"\frac{{{top * factor}}}{{{bottom * factor}}}"):
        assert_agrees(fraction, decimal)
        assert_agrees(decimal, fraction)


ATOM = st.sampled_from(
    [
        "2",
        "3",
        "0",
        r"\pi",
        r"\sqrt{3}",
        r"\sqrt2",
        "x",
        "y",
        "2x",
        "x^2",
        "3y^{2}",
        "i",
        "2i",
        "2^3",
        r"\frac{1}{2}",
        r"\frac{x}{3}",
        "k",
    ]
)
EXPRESSION = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.builds("{}{}{}".format, inner, st.sampled_from(["+", "-", " - ", r"\cdot ", " "]), inner),
        st.builds(r"\frac{{{}}}{{{}}}".format, inner, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("({},{})".format, inner, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(EXPRESSION, EXPRESSION)
def test_quick_verdicts_on_expressions_are_those_of_math_verify(left: str, right: str) -> None:
    assert_agrees(left, right)


@settings(max_examples=200)
@given(st.text(), st.text())
def test_any_text_is_compared_without_raising(left: str, right: str) -> None:
    assert same_answer_quickly(left, right) in (True, False, None)


def test_very_long_answers_are_compared_as_text() -> None:
    assert same_answer_quickly("1" * 3000, "1" * 3000) is True
    assert same_answer_quickly("5", "{" * 10**6) is False
    assert same_answer_quickly("5", "0" * 2001 + "5") is False


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
