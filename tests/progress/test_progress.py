"""The lines that a run shows while it goes on."""

from __future__ import annotations

import io
import time

from rich.console import Console

from northstar.engine.benchmark_stats import BenchmarkStats
from northstar.engine.stats import RunStats, Stage
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.progress.progress import live_view, plain_line


def running(**changes: object) -> RunStats:
    aime = BenchmarkStats(total=480, generated=120, graded=100, score=40.0, score_name="symbolic_correct", tokens=9000)
    stats = RunStats(benchmarks={"aime24": aime}, stage=Stage.ASKING)
    stats.asking_since = time.monotonic() - 60
    stats.new_generations, stats.new_tokens = 120, 60_000
    for name, value in changes.items():
        setattr(stats, name, value)
    return stats


def test_a_line_says_what_is_done_how_fast_and_how_long_it_takes() -> None:
    assert plain_line(running()) == "running: 120/480, 1000 tokens/s, about 3 min left; aime24 120/480 40.0%"


def test_what_is_from_before_is_not_taken_for_new() -> None:
    assert "120/480 (20 from before)" in plain_line(running(resumed=20))


def test_troubles_are_in_the_line() -> None:
    stats = running(requests=ClientCounts(retries=3, last_failure="HTTP 500: oops"))
    stats.benchmarks["aime24"].errors = 2
    stats.benchmarks["aime24"].open = 1
    assert "2 errors, 1 without answer, 3 retries (HTTP 500: oops)" in plain_line(stats)
    stats.benchmarks["aime24"].errors = stats.requests.retries = 1
    assert "1 error, 1 without answer, 1 retry (HTTP 500: oops)" in plain_line(stats)


def test_while_it_grades_it_says_how_many_are_graded_and_no_speed() -> None:
    stats = running(stage=Stage.GRADING)
    aime = stats.benchmarks["aime24"]
    aime.generated, aime.finished = 480, 60
    assert plain_line(stats) == "grading: 160/480; aime24 160/480 40.0%"
    screen = Console(file=io.StringIO(), width=200)
    screen.print(live_view(stats))
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
    judge = RunStats(benchmarks={"hle": BenchmarkStats(total=9, generated=4, graded=4, score=1.0)}, judge="o3-mini")
    assert plain_line(running(judging=[judge])).endswith("; judged by o3-mini: hle 4/9 25.0%")


def test_before_anything_is_asked_the_stage_is_all_there_is_to_say() -> None:
    assert plain_line(RunStats(detail="starting llamacpp")) == "starting llamacpp …"


def test_what_a_server_said_cannot_steer_the_live_display() -> None:
    stats = running(requests=ClientCounts(retries=1, last_failure="[red]x[/red] [link=http://evil]y"))
    screen = Console(file=io.StringIO(), width=200, force_terminal=True)
    screen.print(live_view(stats))
    assert isinstance(screen.file, io.StringIO)
    assert "[red]x[/red] [link=http://evil]y" in screen.file.getvalue()
