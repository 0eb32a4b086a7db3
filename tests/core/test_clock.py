"""Times of records are in the order of what they tell, also where the machine's clock is set back."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from northstar.core.clock import now, utc_stamp, utc_text, wall


def test_it_is_the_time_of_day() -> None:
    assert now() == pytest.approx(time.time(), abs=5)


def test_a_clock_that_is_set_forward_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.core.clock._ahead", 0.0)  # restored afterwards
    assert now() == pytest.approx(time.time(), abs=5)


def test_a_clock_that_is_set_back_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = now()
    monkeypatch.setattr(time, "time", lambda: before - 3600)
    assert now() >= before


def test_a_clock_that_is_set_back_is_compared_with_files_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 3600.0)
    assert (wall(), utc_text()) == (3600.0, "1970-01-01T01:00:00+00:00")


def test_times_in_names_are_in_the_order_of_time() -> None:
    stamps = [utc_stamp() for _ in range(100)]
    assert stamps == sorted(stamps)
    assert datetime.strptime(stamps[0], "%Y%m%dT%H%M%S.%fZ")
