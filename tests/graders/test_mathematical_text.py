"""What of short answers is mathematics, and what is a text in which a parser of mathematics would find some."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.graders.mathematical_text import is_mathematics

MATHEMATICS = [
    *(
        "4",
        "-4.5",
        "1,000",
        "50%",
        r"50\%",
        "1/2",
        "3 1/2",
        "1e-5",
        "6.02e23",
        r"6.63 \times 10^{-34}",
        "$5$",
        r"\(5\)",
        r"$\pi$",
    ),
    *(
        "π",
        "√2",
        "x",
        "$x$",
        "2x",
        "3xy",
        "x + y",
        "x^2 + 1",
        "x_1 + x_2",
        "f(x) = 5",
        "a^2b",
        "sin(x)",
        "2 sin x",
        "log 5",
    ),
    *(
        r"\frac{1}{2}",
        r"\sqrt{2}",
        r"\sin x",
        r"2\pi",
        r"\text{5}",
        r"5 \text{ cm}",
        r"5\,\mathrm{kg}",
        "5 km",
        "9.8 m/s^2",
    ),
    *(
        "5 meters",
        "90 degrees",
        "(1, 2)",
        "[0, 1)",
        r"\{1, 2\}",
        "1, 2, 3",
        "x = 5",
        "x=5, y=7",
        "x = 5 and y = 7",
        "-1 + sqrt(3)",
    ),
    *(
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"x \in \mathbb{R}",
        "x < 5",
        r"n \log n",
        "2^n",
        "5.",
        "∞",
    ),
    *(r"\left( \frac{1}{2}, 3 \right)", r"x > 0 \text{ and } y > 0", "3:4", "(A) + 5"),
]
TEXT = [
    *(
        "(a) Yes; (b) 4.",
        "(a) 3; (b) 4",
        "d0nkDN",
        "Yes",
        "no",
        "Ada Lovelace",
        "in 1867",
        "1867-1870",
        "3-2",
        "0 – 0",
        "2020-01-05",
        "1/2/2020",
    ),
    *(
        "10:30",
        "10:30 pm",
        "5 apples",
        "5 of 6",
        "the 5th",
        "5th",
        "H2O",
        "H_2O",
        "NaCl",
        "CO2",
        "e4",
        "Nf3",
        "1. e4 e5",
        "C++",
    ),
    *(
        "A+",
        "O-",
        "*args",
        "print(5)",
        "Henry VIII",
        "XIV",
        "BAC",
        "abc",
        "version 1.2.3",
        "1.2.3",
        "0x1F",
        "R2D2",
        "DNA",
    ),
    *(
        "答案是5",
        "пять 5",
        "Answer 5",
        "5 or more people",
        "https://x.org/5",
        "a@b.c",
        "#5",
        "B. 5 is right",
        "k is 5",
        "",
    ),
    *(
        r"\text{Yes}",
        r"\text{No, it is } 5",
        "Chapter 4",
        "4 (four)",
        "the set of 4",
        "Type 2",
        "p53",
        "U2",
        "2 is the only one",
    ),
]


@pytest.mark.parametrize("text", MATHEMATICS)
def test_numbers_formulas_and_quantities_are(text: str) -> None:
    assert is_mathematics(text)


@pytest.mark.parametrize("text", TEXT)
def test_words_labels_dates_and_names_are_not(text: str) -> None:
    assert not is_mathematics(text)


@given(st.integers(), st.sampled_from(["{}", "${}$", "{}.", "x = {}", "{} km", r"\boxed{{{}}}"]))
def test_a_number_in_any_of_these_forms_is(number: int, form: str) -> None:
    assert is_mathematics(form.format(number))


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=4), st.integers())
def test_a_word_beside_a_number_makes_it_a_text(word: str, number: int) -> None:
    assert not is_mathematics(f"{word}zq {number}")


@pytest.mark.parametrize("junk", ["1", "1.", "a", "a1", "\\", "{", "\\text{", "$", "(a) ", " ", "1-", "1:", "_"])
def test_a_megabyte_is_read_in_linear_time(junk: str) -> None:
    start = time.process_time()
    is_mathematics(junk * (10**6 // len(junk)))
    assert time.process_time() - start < 4  # a quadratic one takes minutes
