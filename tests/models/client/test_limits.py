"""What headers say about rate limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.client.limits import Allowance, Limits, asked_to_wait, duration_seconds, read_limits

HEADERS = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("120ms", 0.12),
        ("8.64s", 8.64),
        ("2m59.56s", 179.56),
        ("1h2m3.5s", 3723.5),
        ("350µs", 0.00035),
        ("0s", 0.0),
        ("0", 0.0),
        ("17", 17.0),
        (" 1.5 ", 1.5),
    ],
)
def test_durations_as_servers_write_them(text: str, seconds: float) -> None:
    assert duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [None, "", "soon", "-1s", "1 s", "s", "1d", "nan", "inf", "1e3", "1764000000", "٣s"])
def test_anything_else_says_nothing(text: str | None) -> None:
    assert duration_seconds(text) is None


@given(st.text(alphabet="0123456789.hmsµun -", max_size=80))
def test_any_duration_is_a_number_of_seconds_within_a_week_or_nothing(text: str) -> None:
    seconds = duration_seconds(text)
    assert seconds is None or 0 <= seconds <= 7 * 86400


def test_openais_headers_are_read() -> None:
    assert read_limits(HEADERS) == Limits(Allowance(60, 59, 1), Allowance(150000, 149984, 360))


def test_without_such_headers_there_are_no_limits() -> None:
    assert read_limits({"Content-Type": "application/json"}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-reset-requests": "in a while"},
        {"x-ratelimit-remaining-requests": "-1"},
        {"x-ratelimit-limit-requests": "0"},
        {"x-ratelimit-limit-requests": ""},
    ],
)
def test_an_allowance_that_is_not_told_whole_is_none(headers: dict[str, str]) -> None:
    limits = read_limits({**HEADERS, **headers})
    assert limits is not None
    assert (limits.requests, limits.tokens) == (None, Allowance(150000, 149984, 360))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "120", "Retry-After": "1"}, 0.12),
        ({"retry-after-ms": "?", "Retry-After": "1"}, 1.0),
        ({}, None),
    ],
)
def test_how_long_a_refusal_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_to_wait(headers) == seconds
