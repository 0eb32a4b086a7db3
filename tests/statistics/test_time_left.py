"""The range of the time that a run still takes, held against simulated runs whose end is known."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from northstar.metrics.arrays import FloatArray
from northstar.statistics import time_left as module
from northstar.statistics.time_left import Work, lengths_of, time_left

Draw = Callable[[np.random.Generator, int], FloatArray]


def at_moment(lengths: FloatArray, at_once: int, share: float) -> tuple[Work, float]:
    """A run of answers that take these seconds, when `share` of them have ended; and how long it takes from there."""
    slots = [0.0] * at_once
    begun = []
    for seconds in lengths:
        start = heapq.heappop(slots)
        begun.append(start)
        heapq.heappush(slots, start + seconds)
    starts, ends = np.array(begun), np.array(begun) + lengths
    order = np.argsort(ends)[: int(share * len(ends))]
    now = float(ends[order[-1]])
    under_way = (starts <= now) & (ends > now)
    work = Work(lengths[order].tolist(), (now - starts[under_way]).tolist(), int((starts > now).sum()))
    return work, float(ends.max()) - now


LIKE: dict[str, Draw] = {
    "reasoning": lambda random, n: random.lognormal(3.0, 1.0, n),
    "even": lambda random, n: random.lognormal(3.0, 0.3, n),
    "cut off at a limit": lambda random, n: np.minimum(random.lognormal(3.0, 1.0, n), 60.0),
    "two kinds": lambda random, n: np.where(random.random(n) < 0.5, 5.0, 50.0) * random.lognormal(0.0, 0.2, n),
}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", LIKE)
def test_the_range_holds_the_true_end_in_most_runs(kind: str, share: float) -> None:
    random = np.random.default_rng(5)
    held = said = 0
    for run in range(30):
        work, truth = at_moment(LIKE[kind](random, 480), 16, share)
        found = time_left([work], 16, seed=run)
        if found is not None:
            said += 1
            held += found[0] <= truth <= found[1]
    assert said >= 27
    assert held / said >= 0.75


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_the_range_is_narrow_where_many_answers_are_known(share: float) -> None:
    work, truth = at_moment(np.random.default_rng(1).lognormal(3.0, 0.5, 4000), 32, share)
    found = time_left([work], 32)
    assert found is not None
    assert 0.8 * truth < found[0] <= found[1] < 1.25 * truth


def test_the_first_short_answers_do_not_promise_a_soon_end() -> None:
    assert time_left([Work([2.0, 2.1, 2.2, 2.3], ages=[2.5] * 12, waiting=80)], 16) is None


def test_nothing_is_said_before_as_many_have_ended_as_are_under_way() -> None:
    assert time_left([Work([2.0] * 15, ages=[1.0] * 16, waiting=80)], 16) is None
    assert time_left([Work([2.0] * 16, ages=[1.0] * 16, waiting=80)], 16) is not None


def test_an_answer_that_takes_longer_than_all_others_widens_the_range() -> None:
    seen = list(np.linspace(5.0, 20.0, 40))
    usual = time_left([Work(seen, ages=[4.0])], 16)
    stuck = time_left([Work(seen, ages=[40.0])], 16)
    assert usual is not None
    assert usual[1] < 20
    assert stuck is not None
    assert stuck[1] > 40


def test_an_answer_that_follows_none_of_the_lengths_makes_the_end_unknown() -> None:
    assert time_left([Work(list(np.linspace(5.0, 20.0, 40)), ages=[61.0])], 16) is None


def test_each_benchmark_has_its_own_lengths() -> None:
    short, long = Work([1.0] * 20, waiting=10), Work([100.0] * 20, waiting=10)
    found = time_left([short, long], 1)
    assert found is not None
    assert 1000 <= found[0] <= found[1] <= 1020


def test_a_benchmark_without_answers_that_is_most_of_the_work_makes_the_end_unknown() -> None:
    assert time_left([Work([1.0] * 20, waiting=10), Work([], waiting=11)], 4) is None
    assert time_left([Work([1.0] * 20, waiting=10), Work([], waiting=9)], 4) is not None


def test_nothing_left_takes_no_time() -> None:
    assert time_left([Work([1.0] * 20)], 4) == (0.0, 0.0)


def test_an_answer_under_way_counts_as_longer_than_its_age() -> None:
    found = lengths_of(Work([1.0, 2.0, 3.0, 4.0], ages=[2.5, 2.5]))
    assert found is not None
    assert found.masses.round(4).tolist() == [0.1667, 0.1667, 0.3333, 0.3333]


@pytest.mark.parametrize("waiting", [200_000, 2_000_000])
def test_a_large_run_is_counted_by_its_mean_and_simulated_at_its_end(waiting: int) -> None:
    found = time_left([Work([10.0] * 600, [5.0] * 512, waiting)], 512)
    assert found is not None
    assert found[0] == pytest.approx(waiting * 10 / 512, rel=0.02)


@pytest.mark.parametrize("kind", ["even", "cut off at a limit"])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_4096_at_once_are_simulated_by_256_with_about_the_same_range(
    kind: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, _ = at_moment(LIKE[kind](np.random.default_rng(3), 4096 * 6), 4096, share)
    monkeypatch.setattr(module, "FEWEST_SIMULATIONS", 40)
    by_few = time_left([work], 4096)
    monkeypatch.setattr(module, "MOST_SLOTS", 4096)
    assert by_few == pytest.approx(time_left([work], 4096), rel=0.2)


def test_4096_at_once_take_few_steps_of_a_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step holds up everything else that the run does."""
    steps = 0

    def counted(heap: list[Any], each: Any) -> Any:
        nonlocal steps
        steps += 1
        return replaced(heap, each)

    replaced = heapq.heapreplace
    work, _ = at_moment(LIKE["even"](np.random.default_rng(3), 4096 * 6), 4096, 0.5)
    monkeypatch.setattr(heapq, "heapreplace", counted)
    assert time_left([work], 4096) is not None
    assert steps < 20_000


@pytest.mark.parametrize("kind", ["even", "cut off at a limit"])
def test_the_last_lengths_alone_say_the_same_as_all_since_as_few_of_those_under_way_count(kind: str) -> None:
    work, truth = at_moment(LIKE[kind](np.random.default_rng(3), 4096 * 8), 4096, 0.5)
    kept = replace(work, lengths=work.lengths[-1000:], ended=len(work.lengths))
    found = time_left([kept], 4096)
    assert found is not None
    assert 0.7 * truth < found[0] <= found[1] < 1.4 * truth


def test_of_more_answers_than_lengths_as_large_a_part_of_the_ages_counts() -> None:
    assert Work([1.0] * 10, ages=[8.0, 6.0, 4.0, 2.0], ended=20).known_ages.tolist() == [4.0, 8.0]
    assert Work([1.0] * 10, ages=[8.0, 2.0]).known_ages.tolist() == [2.0, 8.0]
