"""A node is gone once it has been silent for the lease by the observer's clock; no two clocks are compared."""

from __future__ import annotations

from northstar.pool.leases import Leases


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def watched(clock: Clock) -> Leases:
    return Leases(lease=60, renew=10, clock=clock)


def test_a_node_that_is_heard_stays_alive() -> None:
    clock = Clock()
    leases = watched(clock)
    for count in range(100):
        clock.now += 10
        leases.look({"a": count}, ["a"])
    assert leases.is_alive("a")
    assert not leases.is_gone("a")


def test_a_silent_node_is_gone_after_the_lease_and_not_before() -> None:
    clock = Clock()
    leases = watched(clock)
    leases.look({"a": 7}, ["a"])
    for _ in range(6):
        clock.now += 10
        leases.look({"a": 7}, ["a"])
    assert not leases.is_gone("a")
    clock.now += 1
    leases.look({"a": 7}, ["a"])
    assert leases.is_gone("a")
    assert not leases.is_alive("a")


def test_a_holder_without_any_sign_of_life_is_gone_after_the_lease_too() -> None:
    clock = Clock()
    leases = watched(clock)
    leases.look({}, ["a"])
    assert not leases.is_gone("a")
    assert not leases.is_alive("a")
    for _ in range(7):
        clock.now += 10
        leases.look({}, ["a"])
    assert leases.is_gone("a")


def test_an_observer_that_was_paused_first_listens_again() -> None:
    clock = Clock()
    leases = watched(clock)
    leases.look({"a": 7}, ["a"])
    clock.now += 3600  # a pause of the observer, or of the file system for all
    leases.look({"a": 7}, ["a"])
    assert not leases.is_gone("a")
    clock.now += 10
    leases.look({"a": 8}, ["a"])
    assert leases.is_alive("a")


def test_a_name_that_is_missing_once_is_no_sign_of_life_and_no_sign_of_death() -> None:
    clock = Clock()
    leases = watched(clock)
    leases.look({"a": 7}, ["a"])
    for beats in [{}, {"a": 7}] * 4:
        clock.now += 10
        leases.look(beats, ["a"])
    assert leases.is_gone("a")


def test_clocks_that_are_an_hour_apart_judge_alike() -> None:
    early, late = Clock(1000.0), Clock(4600.0)
    both = watched(early), watched(late)
    for count in (1, 2, *[2] * 7):
        early.now += 10
        late.now += 10
        for leases in both:
            leases.look({"a": count}, ["a"])
    assert [leases.is_gone("a") for leases in both] == [True, True]


def test_a_node_that_was_seen_once_may_be_alive_or_dead() -> None:
    leases = watched(Clock())
    leases.look({"a": 7}, ["a"])
    assert not leases.is_alive("a")
    assert not leases.is_gone("a")
