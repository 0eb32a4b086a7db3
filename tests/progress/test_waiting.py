"""What a run says while nothing new comes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.schedule.under_way import UnderWay
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.progress.progress import watch
from northstar.progress.waiting import Reminder, Silence, waiting_for
from northstar.servers.server import Restart


def waiting(*ages: float, **changes: object) -> RunCounters:
    """A run with a request under way for each age, in seconds."""
    counters = RunCounters(benchmarks={"aime24": BenchmarkCounters(total=30)}, stage=Stage.ASKING)
    for age in ages:
        counters.requests.begin()
        counters.requests.waiting[len(counters.requests.waiting)] = time.monotonic() - age
    for name, value in changes.items():
        setattr(counters, name, value)
    return counters


def test_it_says_how_long_for_how_many_requests_and_the_oldest_ones_age() -> None:
    assert waiting_for(waiting(35, 12, 3), 34) == "no answer for 34 s: 3 requests under way, the oldest for 35 s"


def test_requests_that_rest_until_they_are_sent_again_are_told_apart() -> None:
    pace = Pace()
    pace.send()
    message = waiting_for(waiting(200, 12, 3, pace=pace), 34)
    assert message == "no answer for 34 s: 3 requests under way (2 to be sent again), the oldest for 3 min"


def test_requests_that_a_rate_limit_holds_back_are_told_apart() -> None:
    pace = Pace()
    pace.send()
    pace.waiting = 1
    message = waiting_for(waiting(200, 12, 3, pace=pace), 34)
    assert "3 requests under way (1 held back by the server's rate limit, 1 to be sent again), the oldest" in message


def test_a_judges_requests_are_its_own() -> None:
    judge = waiting(50, judge="o3-mini")
    message = waiting_for(waiting(70, judging=[judge]), 45)
    assert message == (
        "no answer for 45 s: 1 request under way, the oldest for 70 s; "
        "1 request to judge o3-mini under way, the oldest for 50 s"
    )


def test_a_silence_of_grading_says_how_much_is_left() -> None:
    counters = RunCounters(
        benchmarks={"scicode": BenchmarkCounters(total=9, generated=9, graded=4)}, stage=Stage.GRADING
    )
    assert waiting_for(counters, 31) == "nothing new for 31 s: 5 answers to grade"


def test_what_was_whole_before_or_was_lost_is_no_more_to_grade() -> None:
    part = BenchmarkCounters(total=100, generated=90, finished=60, graded=20, grades_lost=4)
    message = waiting_for(RunCounters(benchmarks={"scicode": part}, stage=Stage.GRADING), 31)
    assert message == "nothing new for 31 s: 6 answers to grade"


def test_a_silence_before_anything_is_asked_is_its_length_alone() -> None:
    assert waiting_for(RunCounters(detail="starting vllm"), 90) == "nothing new for 2 min"


NEWS: dict[str, Callable[[Any], None]] = {
    "an answer": lambda counters: setattr(counters.requests, "answered", 1),
    "a grade": lambda counters: setattr(counters.benchmarks["aime24"], "graded", 1),
    "another step": lambda counters: counters.begin(Stage.GRADING),
    "a line of a starting server's log": lambda counters: setattr(counters.server, "log", ["loading shard 2 of 9"]),
    "a server started again": lambda counters: counters.server.restarts.append(Restart("", "", "", "", "")),
    "a judge's answer": lambda counters: setattr(counters.judging[0].requests, "answered", 1),
}


@pytest.mark.parametrize("news", NEWS)
def test_a_silence_ends_with(news: str) -> None:
    now = [0.0]
    silence = Silence(lambda: now[0])
    counters = waiting(judging=[RunCounters(judge="o3-mini")])
    silence.seconds(counters)
    now[0] = 40.0
    assert silence.seconds(counters) == 40
    NEWS[news](counters)
    assert silence.seconds(counters) == 0


def test_grades_of_earlier_answers_hide_no_dead_server() -> None:
    silence, counters = Silence(), waiting(50)
    silence.seconds(counters)
    counters.benchmarks["aime24"].graded = 1
    assert silence.seconds(counters) >= 50


def test_a_failure_that_is_tried_again_ends_no_silence() -> None:
    now = [0.0]
    silence = Silence(lambda: now[0])
    counters = waiting(5)
    silence.seconds(counters)
    counters.requests.retries, now[0] = 9, 40.0
    assert silence.seconds(counters) == 40


def test_a_silence_is_spoken_of_ever_more_rarely_and_again_soon_after_the_next_begins() -> None:
    reminder = Reminder(30)
    message = [second for second in range(4000) if reminder.is_due(second)]
    assert message == [30, 60, 120, 240, 480, 960, 1860, 2760, 3660]
    assert [second for second in range(100) if reminder.is_due(second)] == [30, 60]


def test_without_a_terminal_a_silent_server_is_spoken_of_in_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(watch(waiting(0), silent=0.1), 1.0)

    asyncio.run(main())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "asking: 0/30, 0 in flight, 30 waiting, time left unknown; aime24 0/30"
    assert all("; no answer for " in line and ": 1 request under way, " in line for line in lines[1:]), lines
    assert 1 <= len(lines[1:]) <= 4


def stats_of(answered: int, first_seconds: float, silent: float, under_way: int) -> RunCounters:
    """So many answers came in the first seconds of asking, and then none for `silent` seconds."""
    now = time.monotonic()
    counts = ClientCounts(answered=answered, heard=now - silent, waiting=dict.fromkeys(range(under_way), now))
    benchmark = BenchmarkCounters(total=answered + under_way, generated=answered)
    return RunCounters(
        benchmarks={"a": benchmark},
        stage=Stage.ASKING,
        asking_since=now - first_seconds - silent,
        new_generations=answered,
        new_tokens=100 * answered,
        requests=counts,
        under_way=UnderWay(8, {"a": deque([1.0] * answered)}),
    )


@pytest.mark.parametrize(
    ("answered", "first_seconds", "silent", "under_way", "known"),
    [
        (20, 10, 5, 4, True),
        (20, 10, 31, 4, False),  # about 8 s left, it would say
        (4, 4, 31, 8, False),
        (4, 240, 100, 1, True),  # an answer a minute: the next is not late before five
        (4, 240, 301, 1, False),
        (512, 600, 300, 512, True),  # the next wave of long answers is under way
        (512, 600, 700, 512, False),
    ],
)
def test_a_time_left_is_said_only_while_answers_come(
    answered: int, first_seconds: float, silent: float, under_way: int, known: bool
) -> None:
    counters = stats_of(answered, first_seconds, silent, under_way)
    assert (counters.seconds_left is not None) == known
    assert (counters.tokens_per_second is not None) == known
