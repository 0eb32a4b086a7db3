"""Texts for files and people."""

from __future__ import annotations

import pytest

from northstar.core.text import counted, duration


@pytest.mark.parametrize(("number", "expected"), [(0, "0 errors"), (1, "1 error"), (2, "2 errors")])
def test_nouns_are_counted_as_people_do(number: int, expected: str) -> None:
    assert counted(number, "error") == expected


def test_a_plural_of_its_own_is_taken() -> None:
    assert (counted(1, "retry", "retries"), counted(3, "retry", "retries")) == ("1 retry", "3 retries")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.4, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5000, "83 min"),
        (12_000, "3 h 20 min"),
        (864_000, "10 days"),
        (1e9, "11,574 days"),
    ],
)
def test_durations_are_said_as_people_do(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
