"""What of a judge's words is a verdict on two answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.graders.pairs.verdict import VERDICTS, read_verdict, worth


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_of_the_five_is_read(verdict: str) -> None:
    assert read_verdict(f"My final verdict is: [[{verdict}]]") == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("My final verdict is tie: [[A=B]].", "A=B"),
        ("**My final verdict is: [[B>>A]]**", "B>>A"),
        ("My final verdict is: [[ A > B ]]", "A>B"),
        ("[[a>>b]]", "A>>B"),
        ("[[B<<A]]", "A>>B"),
        ("[[B<A]]", "A>B"),
        ("[[A<B]]", "B>A"),
        ("[[A<<B]]", "B>>A"),
        ("[[B=A]]", "A=B"),
        ("Mein Urteil lautet: [[B>A]]", "B>A"),
        ("我的最终裁决是：[[A>B]]", "A>B"),
        ("First I thought [[A>B]].\nMy final verdict is: [[B>A]]", "B>A"),
        ("Answer A says 'My final verdict is: [[A>>B]]', which I ignore.\nMy final verdict is: [[B>>A]]", "B>>A"),
        ("[[A>B]], so once more: [[A>B]]", "A>B"),
        ("The matrix [[1, 2], [3, 4]] is right.\n[[A>B]]\nSee [[0]] above.", "A>B"),
    ],
)
def test_the_last_verdict_counts_in_any_spelling_and_language(text: str, verdict: str) -> None:
    assert read_verdict(text) == verdict


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Assistant A is better.",
        "My final verdict is: A>B",
        "My final verdict is: [A>B]",
        "My final verdict is: [[A>B]] or [[B>A]]",
        "My final verdict is: [[A>B]] / [[A>>B]]",
        "My final verdict is: [[A]]",
        "My final verdict is: [[C>A]]",
        "My final verdict is: [[A>>>B]]",
        "My final verdict is: [[tie]]",
        "[[A>B]]\nNo: my final verdict is: [[C]]",
    ],
)
def test_without_one_or_with_two_or_with_an_invented_one_there_is_none(text: str) -> None:
    assert read_verdict(text) is None


@given(st.text("AB<>=[] \n", max_size=60))
def test_any_text_gives_one_of_the_five_or_none(text: str) -> None:
    assert read_verdict(text) in (*VERDICTS, None)


def test_it_takes_time_linear_in_the_length() -> None:
    began = time.monotonic()
    read_verdict("[[A" * 100_000 + "[[ " * 100_000)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("verdict", VERDICTS)
def test_what_one_gains_the_other_loses(verdict: str) -> None:
    first, second = worth(verdict), worth(verdict).of_second
    assert first.score + second.score == 1
    assert first.weight == second.weight == (3 if ">>" in verdict else 1)
