r"""Whatever spelling an answer comes in, the comparison sees one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from northstar.graders.math.normalise import normalised


@pytest.mark.parametrize(
    ("spellings", "one"),
    [
        ([r"\dfrac12", r"\tfrac{1}{2}", r"\cfrac 1 2", r"{1 \over 2}", "½", r"\frac{{1}}{2}"], r"\frac{1}{2}"),
        ([r"\sqrt3", r"\sqrt{3}", r"\sqrt(3)", "sqrt(3)", "√3", "√(3)", r"\sqrt 3"], r"\sqrt{3}"),
        ([r"\sqrt13"], r"\sqrt{1}3"),  # as TeX sets it
        (["√13", "sqrt13"], r"\sqrt{13}"),
        (["∛2", r"\sqrt[3]2"], r"\sqrt[3]{2}"),
        (["x^2", "x^{2}", "x²", "x**2", "x^(2)", "x ^ 2"], "x^{2}"),
        (["x^10", "x^{10}", "x¹⁰"], "x^{10}"),
        (["10^-3", "10^{-3}", "10⁻³"], "10^{-3}"),
        (["9901", r"9\,901", r"9\ 901", "9 901", "9{,}901", r"9,\!901", "9,901", "9\u202f901", "９９０１"], "9901"),
        ([r"\frac{20,000}{\pi}", r"\frac{20{,}000}\pi"], r"\frac{20000}{\pi}"),
        (["(1,234)", "(1, 234)"], "(1,234)"),  # a pair
        (["(1{,}234, 5)", r"(1\,234,5)"], "(1234,5)"),
        (["8pi", r"8\pi", "8 π", r"8\,\pi"], r"8\pi"),
        ([r"1+\mathrm{e}", r"1+\text{e}", r"1 + \mathrm e", "1+e"], "1+e"),
        ([r"\operatorname{arctan} x", r"\mathrm{arctan}\,x", r"\arctan x", "arctan x"], r"\arctan x"),
        ([r"\bigl(3,4\bigr)", r"\left( 3, 4 \right)", r"\Big(3,4\Big)", "（3，4）", "(3,4)."], "(3,4)"),
        ([r"\boldsymbol{5}", r"\bm 5", r"\mathbf{5}", r"\underline{5}", r"\color{red}{5}", r"\textcolor{red}{5}"], "5"),
        (
            [
                "$5$",
                "$$5$$",
                r"\(5\)",
                "\\[\n5\n\\]",
                r"\boxed{5}",
                "5.",
                " 5 . ",
                "{5}",
                "**5**",
                "The answer is $5$.",
            ],
            "5",
        ),
        ([r"2 \times 3", r"2 \cdot 3", "2*3", "2×3"], r"2\cdot3"),
        ([r"90^\circ", r"90^{\circ}", "90°", r"90\degree"], r"90^{\circ}"),
        (["1, 2, ...", r"1,2,\ldots", r"1,2,\dots", "1,2,…"], r"1,2,\ldots"),
        ([r"1 \text{ and } 2", "1 and 2", "1 or 2", "$1$ and $2$"], "1,2"),
        (["]0, 1]", "(0,1]"], "(0,1]"),
        (["$4k+3$ for $k > 0$", "By 2 and 3 it must be $4k+3$, where $k > 0$.", "so $k=1$ and it is $4k+3$"], "4k+3"),
        (
            [
                r"\begin{bmatrix} 1 \\[4pt] 2 \end{bmatrix}",
                r"\left(\begin{array}{c} 1 \\ 2 \\ \end{array}\right)",
                r"\begin{pmatrix}1\\2\end{pmatrix}",
            ],
            r"\begin{pmatrix}1\\2\end{pmatrix}",
        ),
    ],
)
def test_spellings_become_one(spellings: list[str], one: str) -> None:
    assert [normalised(spelling) for spelling in spellings] == [one] * len(spellings)


@pytest.mark.parametrize(
    "different",
    [
        ["1,2,3", r"1,2,3,\ldots"],
        ["x^2", "x_2", "x2"],
        [r"\overline{AB}", "AB"],
        ["1 2", "12"],
        ["1 23", "123"],
        [r"\{1,2\}", "(1,2)", "[1,2]", "(1,2]"],
        ["5", r"5\%", r"5\text{ m}"],
        [r"\begin{vmatrix}1\end{vmatrix}", r"\begin{pmatrix}1\end{pmatrix}"],
    ],
)
def test_what_looks_different_stays_different(different: list[str]) -> None:
    assert len({normalised(text) for text in different}) == len(different)


@settings(max_examples=300)
@given(st.text(alphabet=r"\{}()[]$^_,.;&~ab1239√½²（ ", max_size=40) | st.text(max_size=40))
def test_any_text_is_normalised_without_raising(text: str) -> None:
    assert isinstance(normalised(text), str)


PIECES = [
    "{",
    "}",
    "\\",
    "9",
    "1,",
    "9 ",
    "{,}",
    r"\(",
    r"\[ ",
    "$",
    "^(",
    r"\frac",
    r"\\ [",
    r"\text{",
    r"{\over",
    "√",
]


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    start = time.process_time()
    normalised(text)
    assert time.process_time() - start < 3  # it takes 0.1 s; quadratic, a minute


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["{", "\\", "9"])
def test_a_megabyte_of_one_sign_is_read(sign: str) -> None:
    start = time.process_time()
    normalised(sign * 10**6)
    assert time.process_time() - start < 15
