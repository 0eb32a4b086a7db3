"""Times of records are in the order of what they tell, also where the machine's clock is set back."""

from __future__ import annotations

import time

import pytest

from northstar.core.clock import now


def test_it_is_the_time_of_day() -> None:
    assert now() == pytest.approx(time.time(), abs=5)


def test_a_clock_that_is_set_forward_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.core.clock._ahead", 0.0)  # restored afterwards
    assert now() == pytest.approx(time.time(), abs=5)


def test_a_clock_that_is_set_back_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = now()
    monkeypatch.setattr(time, "time", lambda: before - 3600)
    assert now() >= before
