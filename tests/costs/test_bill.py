"""GPU hours of one job a unit and of a pool; what is not known is said and never guessed."""

from __future__ import annotations

import pytest

from northstar.costs.bill import Machines, Part, Speed, bill
from northstar.statistics.load_curve import LoadCurve

FLAT = LoadCurve(((1.0, 100.0),))
"""100 tokens a second at each load."""
EIGHT = Machines(gpus=8, jobs=2, at_once=4, start=0.0)


def test_a_full_queue_takes_all_tokens_at_the_speed_that_is_told() -> None:
    found = bill([Part("a", 10, 6, (6000.0,))], Speed(full=100.0), EIGHT)
    assert found.tokens == 360_000
    assert found.pool == pytest.approx(8.0)


def test_units_cost_what_was_published_of_one() -> None:
    found = bill([Part("a", 10, 6, (6000.0,), seconds=1800.0)], Speed(full=100.0), EIGHT)
    assert found.by_unit == pytest.approx(6 * 0.5 * 8)


def test_units_without_a_published_time_are_simulated_by_the_curve() -> None:
    found = bill([Part("a", 10, 6, (6000.0,))], Speed(curve=FLAT), EIGHT)
    assert found.by_unit == pytest.approx(6 * 600 / 3600 * 8)
    assert found.pool == pytest.approx(found.by_unit)


def test_each_job_pays_for_the_start_of_its_server() -> None:
    machines = Machines(gpus=8, jobs=2, at_once=4, start=450.0)
    found = bill([Part("a", 10, 6, (6000.0,))], Speed(curve=FLAT), machines)
    assert found.by_unit == pytest.approx(8.0 + 6 * 1.0)
    assert found.pool == pytest.approx(8.0 + 2 * 1.0)


def test_without_the_speed_at_few_requests_only_the_pool_is_known_and_the_rest_is_said() -> None:
    found = bill([Part("a", 10, 6, (6000.0,))], Speed(full=100.0), EIGHT)
    assert found.by_unit is None
    assert found.missing == (
        "Not known: tokens a second with few requests in flight, as a seed alone has; an earlier run says it, or a "
        "recipe's published gen_seconds.",
    )


def test_tokens_that_nobody_knows_are_named() -> None:
    found = bill([Part("a", 10, 6, (6000.0,)), Part("b", 10, 6)], Speed(full=100.0), EIGHT)
    assert (found.tokens, found.by_unit, found.pool) == (None, None, None)
    assert found.missing == ("Not known: the tokens of b; a recipe says them, or an earlier run.",)


def test_gpus_that_nobody_knows_leave_the_tokens() -> None:
    found = bill([Part("a", 10, 6, (6000.0,))], Speed(full=100.0), Machines(gpus=None))
    assert (found.tokens, found.pool) == (360_000, None)


def test_it_is_printed_in_a_few_lines() -> None:
    assert bill([Part("a", 10, 6, (6000.0,), 1800.0)], Speed(100.0, source="told"), EIGHT).text().splitlines() == [
        "expected cost     0.36 million tokens",
        "  6 jobs, one for each benchmark and seed: 24 GPU hours",
        "  2 jobs with one queue: 8 GPU hours",
        "  Speed: told.",
        "  The end of the queue, where servers have ever less to do, is not counted.",
    ]
