"""Each server's share of the requests in flight follows its tokens a second."""

from __future__ import annotations

import pytest

from northstar.servers.fleet.fleet import Member
from northstar.servers.fleet.shares import SharesBySpeed, shares_by_speed


class Fixed(Member):
    """A server that makes so many tokens a second; None: not known yet."""

    def __init__(self, speed: float | None, *, up: bool = True) -> None:
        super().__init__()
        self.up = up
        if speed is not None:
            begun = self.load.begin()
            self.load.end(begun._replace(at=begun.at - 1.0, spent=begun.spent - 1.0), round(speed))

    @property
    def address(self) -> str:
        return "http://server/v1"

    async def probe(self) -> bool:
        return self.up


def shares(*speeds: float | None, at_once: int = 1000) -> list[int]:
    return list(shares_by_speed([Fixed(speed) for speed in speeds], at_once).values())


def test_before_any_speed_is_known_all_have_the_same() -> None:
    assert shares(None, None, None, None) == [250] * 4


def test_four_times_the_speed_is_nearly_four_times_the_share() -> None:
    slow, fast = shares(1000, 4000)
    assert fast / slow == pytest.approx(4, rel=0.1)


def test_one_that_has_just_joined_counts_as_the_mean_of_the_others() -> None:
    assert shares(1000, 3000, None)[2] == pytest.approx(333, rel=0.05)


def test_the_slowest_keeps_a_tenth_of_an_equal_share_by_which_it_is_seen() -> None:
    assert shares(1, 100000)[0] > 1000 / 2 * 0.05


def test_together_they_have_everything() -> None:
    assert 1000 <= sum(shares(123, 456, 789)) <= 1003


def test_those_that_are_up_share_what_one_that_has_left_had() -> None:
    stays, left = Fixed(1000), Fixed(1000)
    of = SharesBySpeed()
    assert of([stays, left], 100)[stays] == pytest.approx(50, abs=3)
    left.up = False
    assert of([stays, left], 100) == {stays: 100}
