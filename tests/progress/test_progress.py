"""The lines that a run shows while it goes on."""

from __future__ import annotations

import io
import time

from rich.console import Console

from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.progress.progress import live_view, plain_line


def running(**changes: object) -> RunCounters:
    aime = BenchmarkCounters(
        total=480, generated=120, graded=100, score=40.0, score_name="symbolic_correct", tokens=9000
    )
    counters = RunCounters(benchmarks={"aime24": aime}, stage=Stage.ASKING)
    counters.asking_since = time.monotonic() - 60
    counters.new_generations, counters.new_tokens = 120, 60_000
    for name, value in changes.items():
        setattr(counters, name, value)
    return counters


def test_a_line_says_what_is_done_how_fast_and_how_long_it_takes() -> None:
    assert plain_line(running()) == "running: 120/480, 1000 tokens/s, about 3 min left; aime24 120/480 40.0%"


def test_a_range_of_seeds_says_how_well_it_is_known_and_how_many_seeds_it_still_takes() -> None:
    counters = running()
    counters.benchmarks["aime24"].growth = "4 seeds, ±2.4 points; about 14 more"
    assert plain_line(counters).endswith("aime24 120/480 40.0% (4 seeds, ±2.4 points; about 14 more)")
    console = Console(file=io.StringIO(), width=160)
    console.print(live_view(counters))
    assert "4 seeds, ±2.4 points; about 14 more" in console.file.getvalue()  # type: ignore[attr-defined]


def test_seeds_that_are_expected_count_for_the_time_that_is_left() -> None:
    counters = running()
    counters.benchmarks["aime24"].expected = 480
    assert "about 7 min left" in plain_line(counters)


def test_what_is_from_before_is_not_taken_for_new() -> None:
    assert "120/480 (20 from before)" in plain_line(running(resumed=20))


def test_troubles_are_in_the_line() -> None:
    counters = running(requests=ClientCounts(retries=3, last_failure="HTTP 500: oops"))
    counters.benchmarks["aime24"].errors = 2
    counters.benchmarks["aime24"].open = 1
    assert "2 errors, 1 without answer, 3 retries (HTTP 500: oops)" in plain_line(counters)
    counters.benchmarks["aime24"].errors = counters.requests.retries = 1
    assert "1 error, 1 without answer, 1 retry (HTTP 500: oops)" in plain_line(counters)


def test_while_it_grades_it_says_how_many_are_graded_and_no_speed() -> None:
    counters = running(stage=Stage.GRADING)
    aime = counters.benchmarks["aime24"]
    aime.generated, aime.finished = 480, 60
    assert plain_line(counters) == "grading: 160/480; aime24 160/480 40.0%"
    screen = Console(file=io.StringIO(), width=200)
    screen.print(live_view(counters))
    assert isinstance(screen.file, io.StringIO)
    assert "160/480" in screen.file.getvalue()
    assert "tokens/s" not in screen.file.getvalue()


def test_a_rate_limit_is_in_the_line() -> None:
    pace = Pace()
    pace.waiting = 475
    for _ in range(37):
        pace.send()
    assert ", slowed to 37 at once by the server's rate limit, about" in plain_line(running(pace=pace))


def test_a_judge_has_its_own_part() -> None:
    judge = RunCounters(
        benchmarks={"hle": BenchmarkCounters(total=9, generated=4, graded=4, score=1.0)}, judge="o3-mini"
    )
    assert plain_line(running(judging=[judge])).endswith("; judged by o3-mini: hle 4/9 25.0%")


def test_before_anything_is_asked_the_stage_is_all_there_is_to_say() -> None:
    assert plain_line(RunCounters(detail="starting llamacpp")) == "starting llamacpp …"


def test_what_a_server_said_cannot_steer_the_live_display() -> None:
    counters = running(requests=ClientCounts(retries=1, last_failure="[red]x[/red] [link=http://evil]y"))
    screen = Console(file=io.StringIO(), width=200, force_terminal=True)
    screen.print(live_view(counters))
    assert isinstance(screen.file, io.StringIO)
    assert "[red]x[/red] [link=http://evil]y" in screen.file.getvalue()
