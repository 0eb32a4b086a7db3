"""Outputs are compared line by line, stripped, numbers as decimals; results as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.benchmarks.livecodebench.compare_output import same_output, same_value


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("1\n2\n", "1\n2"),
        ("  1 \n2", "1\n2\n\n"),
        ("a \nb\t\n", "a\nb"),
        ("1.0 2.50", "1 2.5"),
        ("1e3", "1000"),
        ("YES", "YES"),
        ("", "\n"),
        ("1\r\n2", "1\n2"),
        ("50000000000000001", "50000000000000001"),
    ],
)
def test_same(output: str, expected: str) -> None:
    assert same_output(output, expected)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("1 2", "1\n2"),
        ("1\n\n2", "1\n2"),
        ("yes", "YES"),
        ("a  b", "a b"),
        ("0.1", "0.1000001"),
        ("50000000000000001", "50000000000000000"),
        ("1 2 3", "1 2"),
        ("nan", "nan x"),
        ("", "1"),
    ],
)
def test_different(output: str, expected: str) -> None:
    assert not same_output(output, expected)


@given(st.text(max_size=80))
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert same_output(text, text)


@given(st.text(alphabet="01.e-+nNaI \n\r", max_size=40), st.text(alphabet="01.e-+nNaI \n\r", max_size=40))
def test_comparing_never_raises(one: str, other: str) -> None:
    assert same_output(one, other) in (True, False)
    assert same_value(one, other) in (True, False)


@pytest.mark.parametrize(
    ("result", "expected"),
    [("[1, [2]]", "[1,[2]]"), ("1.0", "1"), ("true", "1"), ('{"a": 1}', '{ "a":1 }'), ('"é"', '"\\u00e9"')],
)
def test_the_same_value(result: str, expected: str) -> None:
    assert same_value(result, expected)


@pytest.mark.parametrize(
    ("result", "expected"), [("[1, 2]", "[2, 1]"), ('"1"', "1"), ("no result: set", "[]"), ("", "null"), ("1e-9", "0")]
)
def test_another_value(result: str, expected: str) -> None:
    assert not same_value(result, expected)


def test_a_number_of_ten_thousand_digits_is_equal_to_itself() -> None:
    assert same_value("9" * 10_000, "9" * 10_000)
    assert same_value(f"[{'9' * 10_000}]", f"[ {'9' * 10_000} ]")
    assert not same_value(f"[{'9' * 10_000}]", f"[ {'9' * 9_999}8 ]")


@pytest.mark.parametrize(
    ("result", "same"),
    [("[ " * 3000 + "1.0" + "]" * 3000, True), ("[" * 3000 + "2" + "]" * 3000, False), ("[" * 3000, False)],
)
def test_values_that_are_nested_too_deeply_to_be_read_are_compared_all_the_same(result: str, same: bool) -> None:
    assert same_value(result, "[" * 3000 + "1" + "]" * 3000) is same
