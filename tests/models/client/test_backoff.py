"""How long a client waits before it asks again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.client.backoff import pause_before_retry


class Draws(random.Random):
    """Draws the same number each time."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def random(self) -> float:
        return self.number


def pause(attempt: int = 0, retry_after: str | None = None, draw: float = 0.0) -> float:
    return pause_before_retry(attempt, retry_after, Draws(draw))


def date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def test_pauses_double() -> None:
    assert [pause(attempt, draw=1.0) for attempt in range(4)] == [0.5, 1.0, 2.0, 4.0]


def test_jitter_takes_away_up_to_half() -> None:
    assert pause(1, draw=0.0) == 0.5


def test_no_pause_is_longer_than_a_minute() -> None:
    assert pause(10_000, draw=1.0) == 60.0


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (" 7 ", 7.0), ("0.5", 0.5)])
def test_the_servers_seconds_are_kept(header: str, seconds: float) -> None:
    assert pause(5, header) == seconds


def test_clients_that_were_told_the_same_time_do_not_come_back_together() -> None:
    assert pause(0, "10", draw=1.0) == pytest.approx(11.0)


def test_the_servers_date_is_kept() -> None:
    assert pause(0, date(30)) == pytest.approx(30, abs=2)


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    assert pause(0, date(30).replace("GMT", "-0000")) == pytest.approx(30, abs=2)


@pytest.mark.parametrize("header", ["999999", pytest.param(date(10**6), id="a date"), "9" * 400])
def test_no_server_makes_us_wait_longer_than_ten_minutes(header: str) -> None:
    assert pause(0, header) == 600.0


@pytest.mark.parametrize("header", ["0", pytest.param(date(-30), id="30 seconds ago"), "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_no_time_at_all_does_not_burn_all_tries_at_once(header: str) -> None:
    assert pause(2, header, draw=1.0) == 2.0


@pytest.mark.parametrize(
    "header", ["", "soon", "-5", "nan", "inf", "1e3", ".", "١", "Wed, 21 Oct 99999999999 07:28:00 GMT"]
)
def test_a_header_that_says_nothing_is_as_none(header: str) -> None:
    assert pause(2, header, draw=1.0) == 2.0


@given(st.integers(0, 10**6), st.none() | st.text() | st.from_regex(r"\w{3}, \d+ Oct \d+ \d+:\d+:\d+ [+-]\d+"))
def test_every_pause_is_between_nothing_and_eleven_minutes(attempt: int, header: str | None) -> None:
    assert 0 < pause_before_retry(attempt, header) <= 660
