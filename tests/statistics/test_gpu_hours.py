"""What servers were held for: start, answers, idle in between, tail, rest, on timelines computed by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from northstar.statistics.gpu_hours import Held, Hours, split

HOUR = 3600.0
"""A weight of 3600 makes seconds of hours."""


def parts(servers: Sequence[Held], spans: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Return start, answers, between, tail and rest."""
    found = hours(servers, spans)
    return found.start, found.answers, found.between, found.tail, found.rest


def hours(servers: Sequence[Held], spans: Sequence[tuple[float, float]]) -> Hours:
    return split(servers, np.array(spans, dtype=np.float64).reshape(-1, 2)).hours


def test_every_second_of_a_server_has_one_part() -> None:
    """Ready at 10; four in flight from 15, none from 30 to 35, four until 60, then one until 90; let go at 100."""
    spans = [(15.0, 30.0)] * 4 + [(35.0, 60.0)] * 3 + [(35.0, 90.0)]
    assert parts([Held(HOUR, 0.0, 10.0, 100.0)], spans) == (15.0, 40.0, 5.0, 30.0, 10.0)


def test_hours_count_by_gpus() -> None:
    assert parts([Held(8, 0.0, 900.0, 3600.0)], [(900.0, 3600.0)]) == (2.0, 6.0, 0.0, 0.0, 0.0)


def test_half_of_the_most_in_flight_is_no_tail_yet() -> None:
    assert parts([Held(HOUR, 0.0, 0.0, 30.0)], [(0.0, 10.0), (0.0, 30.0)]) == (0.0, 30.0, 0.0, 0.0, 0.0)


def test_few_in_flight_in_the_middle_are_no_tail() -> None:
    spans = [(0.0, 10.0)] * 4 + [(10.0, 20.0)] + [(20.0, 30.0)] * 4
    assert parts([Held(HOUR, 0.0, 0.0, 30.0)], spans) == (0.0, 30.0, 0.0, 0.0, 0.0)


def test_idle_time_within_the_tail_belongs_to_it() -> None:
    spans = [(0.0, 10.0)] * 4 + [(20.0, 30.0)]
    assert parts([Held(HOUR, 0.0, 0.0, 30.0)], spans) == (0.0, 10.0, 0.0, 20.0, 0.0)


def test_the_unused_part_of_a_tail_is_what_others_could_have_had() -> None:
    """One of ten for 40 s leaves 36 s of the server; one answer of ten ends in the tail."""
    found = hours([Held(HOUR, 0.0, 0.0, 100.0)], [(0.0, 60.0)] * 9 + [(0.0, 100.0)])
    assert (found.tail, found.in_tail, found.found, found.most) == (40.0, 1, 10, 10)
    assert found.unused == pytest.approx(36.0)


def test_servers_at_the_same_time_share_the_requests_and_each_has_its_start() -> None:
    """Two of weight 1, ready at 10 and at 20, four requests each; the first goes at 50, the other has a tail to 80."""
    servers = [Held(HOUR, 0.0, 10.0, 50.0), Held(HOUR, 0.0, 20.0, 80.0)]
    spans = [(10.0, 50.0)] * 4 + [(20.0, 60.0)] * 3 + [(20.0, 80.0)]
    assert parts(servers, spans) == (30.0, 80.0, 0.0, 20.0, 0.0)


def test_each_run_after_another_has_its_own_tail_and_the_pause_is_none_of_it() -> None:
    servers = [Held(HOUR, 0.0, 0.0, 20.0), Held(HOUR, 1000.0, 1005.0, 1020.0)]
    spans = [(0.0, 10.0)] * 3 + [(0.0, 20.0)] + [(1005.0, 1015.0)] * 3 + [(1005.0, 1020.0)]
    assert parts(servers, spans) == (5.0, 20.0, 0.0, 15.0, 0.0)


def test_a_server_that_answered_nothing_was_started_and_idle() -> None:
    assert parts([Held(HOUR, 0.0, 60.0, 100.0)], []) == (60.0, 0.0, 40.0, 0.0, 0.0)


def test_a_server_that_never_was_ready_was_started() -> None:
    assert parts([Held(HOUR, 0.0, 60.0, 60.0)], [(5.0, 6.0)]) == (60.0, 0.0, 0.0, 0.0, 0.0)


def test_answers_are_cut_to_the_time_in_which_the_server_was_held() -> None:
    assert parts([Held(HOUR, 0.0, 10.0, 50.0)], [(9.5, 51.0)]) == (10.0, 40.0, 0.0, 0.0, 0.0)


def test_answers_at_no_servers_time_are_counted() -> None:
    found = split([Held(HOUR, 100.0, 100.0, 200.0)], np.array([[1.0, 2.0], [100.0, 200.0], [300.0, 400.0]]))
    assert (found.outside, found.hours.found) == (2, 1)


def test_a_server_whose_answers_are_gone_is_not_split() -> None:
    """Its run says ten answers, eight are here; of ten, nine are enough."""
    eight, nine = np.array([[0.0, 50.0]] * 8), np.array([[0.0, 50.0]] * 9)
    gone = split([Held(HOUR, 0.0, 0.0, 50.0, asked=10)], eight)
    assert (gone.hours, gone.bare, gone.bare_hours) == (Hours(), 1, 50.0)
    assert split([Held(HOUR, 0.0, 0.0, 50.0, asked=10)], nine).bare == 0


@pytest.mark.parametrize("seed", range(20))
def test_parts_add_up_to_the_time_for_which_servers_were_held(seed: int) -> None:
    random = np.random.default_rng(seed)
    begun = random.uniform(0, 1000, 6)
    ready = begun + random.uniform(0, 100, 6)
    ended = ready + random.uniform(0, 300, 6)
    servers = [Held(w, b, r, e) for w, b, r, e in zip(random.integers(1, 9, 6), begun, ready, ended, strict=True)]
    starts = random.uniform(0, 1300, 400)
    spans = np.stack([starts, starts + random.exponential(60, 400)], axis=1)
    found = split(servers, spans).hours
    assert found.all == pytest.approx(sum(each.weight * (each.ended - each.began) for each in servers) / 3600)
    assert min(found.start, found.answers, found.between, found.tail, found.rest) >= 0
    assert 0 <= found.unused <= found.tail + 1e-9
