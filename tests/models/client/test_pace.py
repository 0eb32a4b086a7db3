"""The pace of a client, told of what happens on a clock that only the test moves."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from northstar.models.client.limits import Allowance, Limits
from northstar.models.client.pace import LONGEST_ALLOWANCE_WAIT, Pace

MINUTE = 60.0


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock, random.Random(0))


def wait_for_turn(pace: Pace, clock: Clock) -> None:
    while seconds := pace.wait():
        clock.now += seconds


def left(requests: float, limit: float = 100, reset: float = MINUTE) -> Limits:
    return Limits(Allowance(limit, requests, reset), None)


def test_until_the_server_gives_cause_nothing_waits(pace: Pace) -> None:
    for _ in range(1000):
        assert pace.wait() == 0
        pace.send()
    assert pace.slowed == ""


def test_after_a_refusal_all_wait_as_long_as_the_server_asks(pace: Pace, clock: Clock) -> None:
    sent = pace.send()
    pace.end()
    pace.refuse(sent, 20.0, None)
    assert 20 <= pace.wait() <= 22
    clock.now = 22.0
    assert pace.wait() == 0


def test_without_a_time_the_pauses_grow_while_everything_is_refused(pace: Pace, clock: Clock) -> None:
    pauses = []
    for _ in range(8):
        sent = pace.send()
        pace.end()
        pace.refuse(sent, None, None)
        pauses.append(pace.wait())
        wait_for_turn(pace, clock)
    assert 0 < pauses[0] <= 0.5
    assert 16 <= pauses[-1] <= MINUTE


def refused_after(pace: Pace, clock: Clock, taken: int, wait: float) -> None:
    """So many requests are taken, and one more is refused."""
    for _ in range(taken):
        pace.take(pace.send(), None)
        pace.end()
    pace.refuse(pace.send(), wait, None)
    pace.end()
    wait_for_turn(pace, clock)


def test_then_requests_go_out_at_the_rate_at_which_the_server_took_them(pace: Pace, clock: Clock) -> None:
    refused_after(pace, clock, 600, MINUTE)
    began, sent = clock.now, 0
    while clock.now < began + 10:
        pace.send()
        sent += 1
        clock.now += pace.wait()
    assert 80 <= sent <= 105  # of 10 a second


def test_a_limit_that_is_lifted_is_forgotten(pace: Pace, clock: Clock) -> None:
    refused_after(pace, clock, 600, MINUTE)
    clock.now += 301
    for _ in range(1000):
        assert pace.wait() == 0
        pace.send()


def test_many_refusals_of_one_burst_slow_down_once(pace: Pace, clock: Clock) -> None:
    """A server that works on 64 at once refuses 448 of 512; the 64 were taken."""
    burst = [pace.send() for _ in range(512)]
    for sent in burst[64:]:
        pace.end()
        pace.refuse(sent, 10.0, None)
    wait_for_turn(pace, clock)
    pace.send()
    assert 0.1 < pace.wait() < 0.2  # 64 in 10 s


def test_no_more_is_sent_than_the_server_says_is_left(pace: Pace) -> None:
    pace.take(pace.send(), left(5))
    for _ in range(5):
        assert pace.wait() == 0
        pace.send()
    assert pace.wait() > 0


def test_what_was_sent_since_the_answer_counts_as_spent(pace: Pace) -> None:
    first = pace.send()
    for _ in range(4):
        pace.send()
    pace.take(first, left(5))
    assert pace.wait() == 0
    pace.send()
    assert pace.wait() > 0


def test_an_answer_to_an_earlier_request_is_old_news(pace: Pace) -> None:
    first, second = pace.send(), pace.send()
    pace.take(second, left(0))
    pace.take(first, left(50))
    assert pace.wait() > 0


def test_an_allowance_is_refilled_evenly_until_its_reset(pace: Pace, clock: Clock) -> None:
    pace.take(pace.send(), left(0, limit=100, reset=50.0))
    assert pace.wait() == pytest.approx(0.5)
    clock.now = 10.0
    for _ in range(20):
        assert pace.wait() == 0
        pace.send()
    assert pace.wait() == pytest.approx(0.5)


def test_tokens_are_counted_by_what_answers_cost(pace: Pace) -> None:
    pace.count_tokens(1000)
    pace.take(pace.send(), Limits(None, Allowance(10_000, 2500, 75.0)))
    for _ in range(2):
        assert pace.wait() == 0
        pace.send()
    assert pace.wait() == pytest.approx(5.0)  # 500 are missing, of 100 a second


def test_no_header_makes_us_wait_longer_than_a_minute(pace: Pace, clock: Clock) -> None:
    pace.take(pace.send(), left(0, limit=1, reset=86400.0))
    assert pace.wait() == LONGEST_ALLOWANCE_WAIT


def test_a_server_that_refuses_everything_lets_us_starve(pace: Pace, clock: Clock) -> None:
    slow = pace.send()
    refused_after(pace, clock, 0, 100.0)
    assert pace.starving == 0  # it works on one
    pace.end()
    assert pace.starving >= 100
    pace.take(slow, None)
    assert pace.starving == 0


def test_it_says_how_it_is_slowed(pace: Pace, clock: Clock) -> None:
    pace.waiting = 475
    for _ in range(37):
        pace.send()
    assert pace.slowed == "slowed to 37 at once by the server's rate limit"
    for _ in range(37):
        pace.end()
    pace.refuse(pace.send(), 40.0, None)
    pace.end()
    assert pace.slowed in [f"waiting {seconds} s for the server's rate limit" for seconds in range(40, 45)]
    pace.waiting = 0
    assert pace.slowed == ""


# What follows is a whole job against servers that limit it, on a clock of its own.

Admission = tuple[bool, float | None, Limits | None]
"""Whether a request is taken, the seconds that a refusal asks for, and what the headers say."""


@dataclass
class Window:
    """Takes `limit` requests in each minute."""

    limit: int
    retry_after: bool = True
    headers: bool = False
    _minute: int = -1
    _used: int = 0

    def admit(self, now: float) -> Admission:
        if (minute := int(now // MINUTE)) != self._minute:
            self._minute, self._used = minute, 0
        admitted = self._used < self.limit
        self._used += admitted
        until = (minute + 1) * MINUTE - now
        told = left(self.limit - self._used, self.limit, until) if self.headers else None
        return admitted, until if self.retry_after and not admitted else None, told


@dataclass
class Refilled:
    """Takes `limit` requests a minute, refilled evenly, and as many at once if none came before: as OpenAI does."""

    limit: int
    retry_after: bool = True
    headers: bool = False
    _level: float = field(default=-1.0)
    _at: float = 0.0

    def admit(self, now: float) -> Admission:
        before = self.limit if self._level < 0 else self._level
        self._level, self._at = min(self.limit, before + (now - self._at) * self.limit / MINUTE), now
        admitted = self._level >= 1
        self._level -= admitted
        each = MINUTE / self.limit
        told = left(int(self._level), self.limit, (self.limit - self._level) * each) if self.headers else None
        return admitted, (1 - self._level) * each if self.retry_after and not admitted else None, told


@dataclass(frozen=True)
class Outcome:
    """How long the job took, in seconds, and the share of refusals among all requests after the first minute."""

    seconds: float
    refused: float


def job(server: Window | Refilled, requests: int, latency: float, at_once: int = 512, trip: float = 0.1) -> Outcome:
    """Do a job. latency: the seconds that an answer takes, on average; trip: there and back."""
    clock, rng, order = Clock(), random.Random(1), count()
    pace = Pace(clock, rng)
    events: list[tuple[float, int, Callable[[], None]]] = []
    arrived: list[tuple[float, bool]] = []
    waking = False
    ready, queued, done = min(at_once, requests), requests - min(at_once, requests), 0

    def after(seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(events, (clock.now + seconds, next(order), event))

    def wake() -> None:
        nonlocal waking
        waking = False
        send_all()

    def send_all() -> None:
        nonlocal ready, waking
        while ready:
            if (seconds := pace.wait()) > 1e-9:
                if not waking:
                    waking = True
                    after(seconds, wake)
                return
            sent, ready = pace.send(), ready - 1
            after(trip / 2, lambda sent=sent: arrive(sent))  # type: ignore[misc]

    def arrive(sent: object) -> None:
        admitted, asked, limits = server.admit(clock.now)
        arrived.append((clock.now, admitted))
        seconds = latency * rng.lognormvariate(-0.125, 0.5) if admitted else 0.0
        after(trip / 2 + seconds, lambda: back(sent, admitted, asked, limits))

    def back(sent: object, admitted: bool, asked: float | None, limits: Limits | None) -> None:
        nonlocal ready, queued, done
        pace.end()
        if admitted:
            pace.take(sent, limits)  # type: ignore[arg-type]
            done += 1
            ready, queued = ready + (queued > 0), queued - (queued > 0)
        else:
            pace.refuse(sent, asked, limits)  # type: ignore[arg-type]
            ready += 1
        send_all()

    send_all()
    while done < requests:
        clock.now, _, event = heapq.heappop(events)
        event()
    later = [admitted for at, admitted in arrived if at >= MINUTE]
    return Outcome(clock.now, later.count(False) / max(1, len(later)))


@pytest.mark.parametrize("latency", [0.05, 1.0, 5.0])
@pytest.mark.parametrize("headers", [False, True])
@pytest.mark.parametrize("kind", [Window, Refilled])
def test_2000_requests_at_600_a_minute_take_hardly_longer_than_they_must(
    kind: type[Window] | type[Refilled], headers: bool, latency: float
) -> None:
    outcome = job(kind(600, headers=headers), 2000, latency)
    must = {Window: 3 * MINUTE, Refilled: (2000 - 600) / 10}[kind]
    assert outcome.seconds <= 1.25 * must + 4 * latency
    assert outcome.refused <= 0.02


@pytest.mark.parametrize("latency", [0.05, 5.0])
@pytest.mark.parametrize("kind", [Window, Refilled])
def test_a_server_that_only_says_429_is_kept_to_as_well(kind: type[Window] | type[Refilled], latency: float) -> None:
    outcome = job(kind(600, retry_after=False), 2000, latency)
    assert outcome.seconds <= 2 * 3 * MINUTE
    assert outcome.refused <= 0.05


@settings(max_examples=50)
@given(
    st.sampled_from([Window, Refilled]),
    st.integers(20, 3000),
    st.booleans(),
    st.booleans(),
    st.floats(0.02, 20.0),
    st.integers(1, 600),
)
def test_any_limit_is_kept_to_and_everything_gets_done(
    kind: type[Window] | type[Refilled], limit: int, headers: bool, retry_after: bool, latency: float, at_once: int
) -> None:
    requests = 5 * limit if limit < 300 else 1500
    outcome = job(kind(limit, retry_after, headers), requests, latency, at_once)
    must = max(MINUTE * requests / limit, 1.1 * latency * requests / at_once)
    assert outcome.seconds <= 3 * must + 3 * MINUTE + 6 * latency
    probes = 3 if retry_after else 10  # a minute; where the limit is a few requests, these count
    assert outcome.refused <= 0.02 + probes / (limit + probes)
