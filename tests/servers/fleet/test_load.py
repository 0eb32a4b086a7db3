"""The speed of a server is known from its answers: each one's own speed times the requests beside it."""

from __future__ import annotations

import pytest

from northstar.servers.fleet.load import Load


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_before_the_first_answer_no_speed_is_known() -> None:
    load = Load()
    load.begin()
    assert load.tokens_per_second is None


def test_four_answers_of_100_tokens_in_10_seconds_are_40_tokens_a_second() -> None:
    clock = Clock()
    load = Load(clock)
    begun = [load.begin() for _ in range(4)]
    clock.now += 10
    for each in begun:
        load.end(each, 100)
    assert load.tokens_per_second == pytest.approx(40)


def test_the_first_answer_tells_the_speed_of_all_that_are_under_way() -> None:
    clock = Clock()
    load = Load(clock)
    first, *_ = [load.begin() for _ in range(4)]
    clock.now += 10
    load.end(first, 100)
    assert load.tokens_per_second == pytest.approx(40)


def test_a_request_without_an_answer_says_nothing_of_the_speed() -> None:
    clock = Clock()
    load = Load(clock)
    begun = load.begin()
    clock.now += 10
    load.end(begun, 0)
    assert (load.tokens_per_second, load.under_way) == (None, 0)


def test_a_server_that_gets_slower_is_known_by_it_after_some_answers() -> None:
    clock = Clock()
    load = Load(clock)
    for seconds in (1, 4):
        for _ in range(100):
            begun = load.begin()
            clock.now += seconds
            load.end(begun, 100)
    assert load.tokens_per_second == pytest.approx(25, rel=0.02)
