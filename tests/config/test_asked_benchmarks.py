"""`--benchmarks` and `--precision`: what they ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.config.asked_benchmarks import check_precision, parse_benchmarks
from northstar.config.plan import Growth
from northstar.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("aime24", [("aime24", (None,), None)]),
        ("aime24:0", [("aime24", (None,), None)]),
        ("aime24:3", [("aime24", (0, 1, 2), None)]),
        ("math-500:1,aime24", [("math-500", (0,), None), ("aime24", (None,), None)]),
        (" math-500 : 2 , aime24 ", [("math-500", (0, 1), None), ("aime24", (None,), None)]),
    ],
)
def test_the_number_after_the_colon_is_the_number_of_seeds(text: str, parsed: object) -> None:
    assert parse_benchmarks(text) == parsed


def test_seeds_count_from_the_starting_seed() -> None:
    assert parse_benchmarks("aime24:2", starting_seed=10) == [("aime24", (10, 11), None)]


def test_the_greedy_generation_has_no_seed_to_start_from() -> None:
    assert parse_benchmarks("aime24", starting_seed=10) == [("aime24", (None,), None)]


@pytest.mark.parametrize(
    "text", ["math-500:x", "math-500:-1", "math-500:", "math-500:1.5", "math-500:4:4", "math-500:²", "math-500:1000000"]
)
def test_what_is_no_number_of_seeds_is_named_with_the_right_form(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_benchmarks(text)
    said = f"--benchmarks: '{text}' needs a number of seeds after the colon, up to 999,999, like math-500:16"
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("text", ["", " ", ",", "::", ":4", "aime24,", "aime24,,math-500"])
def test_an_empty_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has an empty name"):
        parse_benchmarks(text)


def test_a_benchmark_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="names 'aime24' twice"):
        parse_benchmarks("aime24:4, aime24:8")


@given(st.text())
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    try:
        assert all(each.name and each.seeds for each in parse_benchmarks(text))
    except UsageError as error:
        assert "--benchmarks" in str(error)  # noqa: PT017


def test_a_range_asks_for_the_seeds_up_to_its_limit_and_says_how_few_may_do() -> None:
    assert parse_benchmarks("aime24:2..4, gpqa:1") == [("aime24", (0, 1, 2, 3), 2), ("gpqa", (0,), None)]


def test_a_range_without_a_beginning_begins_at_one_seed() -> None:
    assert parse_benchmarks("aime24:..3")[0].least == 1


@pytest.mark.parametrize("text", ["aime24:4..", "aime24:..", "aime24:4...8", "aime24:4..8..9", "aime24:a..8"])
def test_what_is_no_range_is_named_with_the_right_form(text: str) -> None:
    with pytest.raises(UsageError, match=r"like aime24:16, or with --precision a range like aime24:4\.\.64"):
        parse_benchmarks(text)


@pytest.mark.parametrize("text", ["aime24:8..4", "aime24:0..4", "aime24:0..0"])
def test_a_range_that_holds_no_number_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="from at least 1 seed up to its limit"):
        parse_benchmarks(text)


def test_a_range_without_a_precision_is_refused_with_what_to_write() -> None:
    with pytest.raises(
        UsageError, match=r"aime24:4\.\.64 is a range of seeds, and needs --precision.*or write aime24:64"
    ):
        check_precision(None, parse_benchmarks("gpqa:2,aime24:4..64"))


def test_a_precision_without_a_range_is_refused_with_what_to_write() -> None:
    with pytest.raises(
        UsageError, match=r"--precision=0\.8 needs a range of seeds to choose from: write aime24:4\.\.64"
    ):
        check_precision(0.8, parse_benchmarks("aime24:16"))


@pytest.mark.parametrize("precision", [0.0, -1.0, 100.0, float("nan"), float("inf")])
def test_a_precision_that_is_no_standard_error_is_refused(precision: float) -> None:
    with pytest.raises(UsageError, match="must be a standard error in points"):
        check_precision(precision, parse_benchmarks("aime24:4..64"))


def test_only_ranges_grow() -> None:
    fixed, growing = parse_benchmarks("gpqa:2,aime24:4..64")
    assert fixed.growth(0.8) is None
    assert growing.growth(0.8) == Growth(least=4, precision=0.8)
