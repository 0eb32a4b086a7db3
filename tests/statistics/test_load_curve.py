"""How fast a server is at each load, and how long nodes are held that share a queue."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.statistics.load_curve import LoadCurve, Work, gpu_hours, measured, node_seconds, saturating

FLAT = LoadCurve(((1.0, 100.0),))
"""A server that is as fast with one request as with many."""
EACH_ALIKE = LoadCurve(((1000.0, 10000.0),))
"""10 tokens a second for each request."""


def test_ten_requests_of_a_full_server_are_over_after_all_their_tokens() -> None:
    assert node_seconds([Work(50.0)] * 10, FLAT, at_once=4) == [pytest.approx(5.0)]


def test_alone_a_request_takes_its_own_time() -> None:
    assert node_seconds([Work(50.0), Work(200.0)], EACH_ALIKE, at_once=4) == [pytest.approx(20.0)]


def test_a_request_that_waits_for_its_own_steps_takes_longer_and_slows_nobody() -> None:
    slow, quick = Work(50.0, cap=1.0), Work(50.0)
    assert node_seconds([slow], EACH_ALIKE, at_once=4) == [pytest.approx(50.0)]
    assert node_seconds([slow, *[quick] * 10], EACH_ALIKE, at_once=4) == [pytest.approx(50.0)]


def test_two_nodes_share_a_queue_and_each_is_held_until_its_last_request() -> None:
    assert node_seconds([Work(100.0), Work(300.0)], FLAT, at_once=1, nodes=2, start=5.0) == pytest.approx([6.0, 8.0])


def test_two_nodes_of_8_gpus_for_an_hour_are_16_gpu_hours() -> None:
    assert gpu_hours([3600.0, 3600.0], 8) == 16


def test_the_curve_of_a_run_is_measured_at_each_load() -> None:
    """One request alone makes 20 tokens a second; four at once 40 together."""
    alone, four = [(0.0, 10.0)], [(10.0, 20.0)] * 4
    curve = measured(np.array([*alone, *four]), np.array([200.0, *[100.0] * 4]))
    assert curve is not None
    assert [list(point) for point in curve.points] == [[1.0, 20.0], [4.0, 40.0]]


def test_without_answers_no_curve_is_known() -> None:
    assert measured(np.array([[0.0, 0.0]]), np.array([5.0])) is None
    assert measured(np.empty((0, 2)), np.empty(0)) is None


def test_a_saturating_curve_rises_everywhere() -> None:
    rates = [rate for _, rate in saturating(one=30.0, at=512, full=4690.0).points]
    assert rates == sorted(rates)
