"""The order of asking: unknown rows first, then rows whose answers are awaited, then the longest known."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from northstar.engine.schedule.queue import Ask, SampleQueue


def makespan(durations: list[list[float]], slots: int) -> float:
    """Time until all samples are answered by a server that works on `slots` of them at once."""
    queue = SampleQueue([range(len(row)) for row in durations])
    now = 0.0
    flying: list[tuple[float, float, Ask]] = []
    while True:
        while len(flying) < slots and (ask := queue.take()) is not None:
            heapq.heappush(flying, (now + durations[ask.group][ask.slot], now, ask))
        if not flying:
            return now
        now, began, ask = heapq.heappop(flying)
        queue.finish(ask.group, now - began)


def bound(durations: list[list[float]], slots: int) -> float:
    """No order is faster than this."""
    return max(sum(map(sum, durations)) / slots, max(map(max, durations)))


def groups(queue: SampleQueue, count: int) -> list[int]:
    """The groups of what is asked next."""
    asks = [queue.take() for _ in range(count)]
    return [ask.group for ask in asks if ask is not None]


def test_each_row_is_asked_once_before_any_is_asked_twice() -> None:
    queue = SampleQueue([range(3)] * 4)
    assert groups(queue, 4) == [0, 1, 2, 3]


def test_rows_that_are_still_awaited_come_before_rows_that_came_back_soon() -> None:
    queue = SampleQueue([range(3)] * 3)
    for _ in range(3):
        queue.take()
    queue.finish(0, 1.0)
    assert groups(queue, 6) == [1, 1, 2, 2, 0, 0]


def test_an_awaited_row_is_asked_to_its_last_seed_before_the_next() -> None:
    queue = SampleQueue([range(3)] * 2)
    assert [queue.take() for _ in range(5)] == [Ask(0, 0), Ask(1, 0), Ask(0, 1), Ask(0, 2), Ask(1, 1)]


def test_a_row_that_belongs_together_is_asked_to_its_last_seed_at_once() -> None:
    queue = SampleQueue([range(3)] * 4, together=lambda group: group in (1, 2))
    assert groups(queue, 9) == [0, 1, 1, 1, 2, 2, 2, 3, 0]


def test_known_rows_that_belong_together_are_asked_longest_first_and_to_their_last_seed() -> None:
    queue = SampleQueue([range(2)] * 3, together=lambda _: True)
    for group, seconds in enumerate([3.0, 9.0, 5.0]):
        queue.know(group, seconds)
    asked = []
    while (ask := queue.take()) is not None:
        asked.append(ask.group)
        queue.finish(ask.group, 1.0)
    assert asked == [1, 1, 2, 2, 0, 0]


def test_a_seed_that_is_added_to_a_row_that_belongs_together_follows_it() -> None:
    queue = SampleQueue([range(2)] * 2, together=lambda _: True)
    queue.take()
    queue.add(0, 2)
    assert groups(queue, 5) == [0, 0, 1, 1]


def test_known_rows_are_asked_longest_first() -> None:
    queue = SampleQueue([range(2)] * 3)
    for group, seconds in enumerate([3.0, 9.0, 5.0]):
        queue.know(group, seconds)
    assert groups(queue, 6) == [1, 1, 2, 2, 0, 0]


def test_a_row_whose_only_answer_failed_is_unknown_again() -> None:
    queue = SampleQueue([range(2), range(2)])
    queue.take(), queue.take()
    queue.fail(0)
    assert queue.take() == Ask(0, 1)


def test_only_what_is_pending_is_asked() -> None:
    queue = SampleQueue([[2], [], [0, 5]])
    assert sorted(iter(queue.take, None)) == [Ask(0, 2), Ask(2, 0), Ask(2, 5)]
    assert queue.left == 0


@given(
    st.lists(st.lists(st.floats(0.1, 100), min_size=0, max_size=6), max_size=12),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_every_sample_is_taken_exactly_once_whatever_comes_back(
    durations: list[list[float]], at_once: int, rng: random.Random
) -> None:
    queue = SampleQueue([range(len(row)) for row in durations])
    taken: Counter[Ask] = Counter()
    flying: list[Ask] = []
    while True:
        while len(flying) < at_once and (ask := queue.take()) is not None:
            taken[ask] += 1
            flying.append(ask)
        if not flying:
            break
        ask = flying.pop(rng.randrange(len(flying)))
        if rng.random() < 0.2:
            queue.fail(ask.group)
        else:
            queue.finish(ask.group, durations[ask.group][ask.slot])
    assert taken == Counter(Ask(row, slot) for row, slots in enumerate(durations) for slot in range(len(slots)))


def test_with_lengths_known_from_other_seeds_the_total_is_near_the_lower_bound() -> None:
    rng = random.Random(7)
    rows = [math.exp(1.47 * rng.gauss(0, 1)) for _ in range(30)]
    durations = [[row * math.exp(rng.gauss(0, 0.2)) for _ in range(16)] for row in rows]
    queue = SampleQueue([range(16)] * 30)
    for group, row in enumerate(durations):
        queue.know(group, row[0])
    order = list(iter(queue.take, None))
    ends = [0.0] * 64
    for ask in order:
        heapq.heapreplace(ends, ends[0] + durations[ask.group][ask.slot])
    assert max(ends) <= 1.10 * bound(durations, 64)


def test_without_knowledge_it_is_far_better_than_seed_after_seed() -> None:
    rng = random.Random(7)
    rows = [math.exp(1.47 * rng.gauss(0, 1)) for _ in range(30)]
    durations = [[row * math.exp(rng.gauss(0, 0.2)) for _ in range(16)] for row in rows]
    seed_after_seed = sum(max(row[seed] for row in durations) for seed in range(16))  # 30 rows fit into 64 slots
    assert makespan(durations, 64) < seed_after_seed / 5
    assert makespan(durations, 64) < 1.30 * bound(durations, 64)


def test_a_seed_that_is_added_is_asked_after_the_others_longest_row_first() -> None:
    queue = SampleQueue([range(1)] * 3)
    for group, seconds in enumerate((1.0, 3.0, 2.0)):
        queue.take()
        queue.finish(group, seconds)
    for group in range(3):
        queue.add(group, 1)
    assert queue.left == 3
    assert [queue.take() for _ in range(4)] == [Ask(1, 1), Ask(2, 1), Ask(0, 1), None]


def test_a_seed_that_is_added_while_its_rows_are_awaited_is_asked_in_turn() -> None:
    queue = SampleQueue([range(1)] * 2)
    queue.take()
    queue.take()
    queue.add(0, 1)
    queue.add(1, 1)
    assert [queue.take() for _ in range(3)] == [Ask(0, 1), Ask(1, 1), None]


def test_a_row_that_is_added_is_a_group_of_its_own() -> None:
    queue = SampleQueue([])
    queue.add(0, 0)
    queue.add(0, 1)
    queue.add(1, 0)
    assert [queue.take() for _ in range(4)] == [Ask(0, 0), Ask(1, 0), Ask(0, 1), None]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["add", "finish", "fail"]))))
def test_whatever_is_added_meanwhile_is_taken_exactly_once(steps: list[tuple[int, str]]) -> None:
    queue = SampleQueue([range(2), range(0), range(1), [], [0]])
    added = {0: 2, 1: 0, 2: 1, 3: 0, 4: 1}
    taken: list[Ask] = []
    flying: list[Ask] = []
    for group, step in steps:
        if step == "add":
            queue.add(group, added[group])
            added[group] += 1
        elif flying and step == "finish":
            queue.finish(flying.pop().group, 1.0 + group)
        elif flying:
            queue.fail(flying.pop().group)
        if (ask := queue.take()) is not None:
            taken.append(ask)
            flying.append(ask)
    while (ask := queue.take()) is not None:
        taken.append(ask)
    assert queue.left == 0
    assert sorted(taken) == [Ask(group, slot) for group, count in added.items() for slot in range(count)]
