"""The lines that a run shows while it goes on."""

from __future__ import annotations

import io
import time
from collections import deque
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from northstar.engine import counters as counters_module
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.schedule import under_way
from northstar.metrics.spread import interval_95
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.progress.facts import facts_of
from northstar.progress.lines import oldest, plain_line
from northstar.progress.live import live_view
from northstar.servers.metrics.load import ServerLoad

NOW = time.monotonic()


@pytest.fixture(autouse=True)
def same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters_module, "monotonic", lambda: NOW)


def running(**changes: object) -> RunCounters:
    aime = BenchmarkCounters(
        total=480, generated=120, graded=100, score=40.0, score_name="symbolic_correct", tokens=9000
    )
    counters = RunCounters(benchmarks={"aime24": aime}, stage=Stage.ASKING)
    counters.asking_since = NOW - 60
    counters.new_generations, counters.new_tokens = 120, 60_000
    counters.under_way.at_once = 8
    counters.under_way.lengths["aime24"] = deque([4.0] * 120)
    for name, value in changes.items():
        setattr(counters, name, value)
    return counters


def said(counters: RunCounters) -> str:
    return plain_line(facts_of(counters))


def test_a_line_says_what_is_done_how_fast_and_how_long_it_takes() -> None:
    assert said(running()) == (
        "asking: 120/480, 0 in flight, 360 waiting, 1000 tokens/s on average, about 3 min left; "
        "aime24 120/480 40.0% of 100 graded"
    )


def test_a_score_has_the_interval_of_what_is_graded_clustered_by_row() -> None:
    part = BenchmarkCounters(total=40, score_name="symbolic_correct")
    for row in range(20):
        for _ in range(2):
            part.count_grade(row, {"symbolic_correct": row < 8})
    scores = np.array([[1.0, 1.0]] * 8 + [[0.0, 0.0]] * 12)
    assert part.interval == interval_95(scores)
    line = said(RunCounters(benchmarks={"aime24": part}, stage=Stage.ASKING))
    assert line.endswith("aime24 0/40 40.0% [19.8, 64.3] of 40 graded"), line


def test_one_row_alone_has_no_interval() -> None:
    part = BenchmarkCounters(total=40, score_name="symbolic_correct")
    part.count_grade(3, {"symbolic_correct": True})
    assert part.interval is None


def test_no_speed_is_said_before_as_many_have_been_answered_as_are_under_way() -> None:
    counters = running(new_generations=2)
    with ExitStack() as stack:
        for row in range(2):
            stack.enter_context(counters.under_way.asking("aime24", 0, row, ""))
        assert "1000 tokens/s" in said(counters)
        stack.enter_context(counters.under_way.asking("aime24", 0, 2, ""))
        assert "tokens/s" not in said(counters)


def test_where_the_server_tells_its_load_that_is_what_is_said() -> None:
    counters = running()
    counters.server.load = ServerLoad(time.monotonic(), 830.4, 16, 4, 0.412)
    assert ", server: 830 tokens/s, 16 running, 4 queued, KV cache 41% full, about" in said(counters)
    counters.server.load = ServerLoad(time.monotonic() - 60, 830.4, 16, 4, 0.412)
    assert ", 1000 tokens/s on average, about" in said(counters)


def test_the_oldest_answers_under_way_are_named_with_their_age(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = running()
    now = time.monotonic()
    with ExitStack() as stack:
        for row, seed, age in ((17, 3, 240.0), (2, None, 12.0), (3, 1, 1.0)):
            monkeypatch.setattr(under_way, "monotonic", lambda age=age: now - age)
            stack.enter_context(counters.under_way.asking("aime24", seed, row, f"id-{row}"))
        monkeypatch.undo()
        facts = facts_of(counters)
    assert oldest(facts) == "oldest: aime24 rs3 row 17 (id id-17) for 4 min, aime24 row 2 (id id-2) for 12 s"


def test_while_every_request_waits_to_be_sent_again_neither_speed_nor_end_is_known() -> None:
    counters = running(pace=Pace(), requests=ClientCounts(retries=8, last_failure="cannot connect"))
    counters.requests.begin()
    line = said(counters)
    assert "tokens/s" not in line
    assert "8 retries (cannot connect), every request waits to be sent again, time left unknown" in line


def test_the_last_outputs_are_written() -> None:
    counters = running(stage=Stage.GRADING, writing=1)
    counters.benchmarks["aime24"].graded = 120
    assert said(counters).startswith("writing: 120/480; ")


def test_a_range_of_seeds_says_how_well_it_is_known_and_how_many_seeds_it_still_takes() -> None:
    counters = running()
    counters.benchmarks["aime24"].growth = "4 seeds, ±2.4 points; about 14 more"
    assert said(counters).endswith("aime24 120/480 40.0% of 100 graded (4 seeds, ±2.4 points; about 14 more)")
    console = Console(file=io.StringIO(), width=160)
    console.print(live_view(facts_of(counters)))
    assert "4 seeds, ±2.4 points; about 14 more" in console.file.getvalue()  # type: ignore[attr-defined]


def test_seeds_that_are_expected_count_for_the_time_that_is_left() -> None:
    counters = running()
    counters.benchmarks["aime24"].expected = 480
    assert "about 7 min left" in said(counters)


def test_what_is_from_before_is_not_taken_for_new() -> None:
    assert "120/480 (20 from before)" in said(running(resumed=20))


def test_troubles_are_in_the_line() -> None:
    counters = running(requests=ClientCounts(retries=3, last_failure="HTTP 500: oops"))
    counters.benchmarks["aime24"].errors = 2
    counters.benchmarks["aime24"].open = 1
    assert "2 errors, 1 without answer, 3 retries (HTTP 500: oops)" in said(counters)
    counters.benchmarks["aime24"].errors = counters.requests.retries = 1
    assert "1 error, 1 without answer, 1 retry (HTTP 500: oops)" in said(counters)


def test_while_it_grades_it_says_how_many_are_graded_and_no_speed() -> None:
    counters = running(stage=Stage.GRADING)
    aime = counters.benchmarks["aime24"]
    aime.generated, aime.finished = 480, 60
    assert said(counters) == "grading: 160/480, 320 to grade; aime24 160/480 40.0% of 100 graded"
    screen = Console(file=io.StringIO(), width=200)
    screen.print(live_view(facts_of(counters)))
    assert isinstance(screen.file, io.StringIO)
    assert "160/480" in screen.file.getvalue()
    assert "tokens/s" not in screen.file.getvalue()


def test_a_rate_limit_is_in_the_line() -> None:
    pace = Pace()
    pace.waiting = 475
    for _ in range(37):
        pace.send()
    assert ", slowed to 37 at once by the server's rate limit, about" in said(running(pace=pace))


def test_a_judge_has_its_own_part() -> None:
    judge = RunCounters(
        benchmarks={"hle": BenchmarkCounters(total=9, generated=4, graded=4, score=1.0)}, judge="o3-mini"
    )
    assert said(running(judging=[judge])).endswith("; judged by o3-mini: hle 4/9 25.0% of 4 graded")


def test_a_judge_that_comes_after_the_model_is_not_in_the_time_left() -> None:
    judge = RunCounters(benchmarks={"hle": BenchmarkCounters(total=9)}, judge="o3-mini")
    assert ", about 3 min left, then judging; " in said(running(judging=[judge]))
    judge.begin(Stage.ASKING)
    assert ", about 3 min left; " in said(running(judging=[judge]))


def test_before_anything_is_asked_the_stage_is_all_there_is_to_say() -> None:
    assert said(RunCounters(detail="starting llamacpp")) == "starting llamacpp …"


def test_what_a_server_said_cannot_steer_the_live_display() -> None:
    counters = running(requests=ClientCounts(retries=1, last_failure="[red]x[/red] [link=http://evil]y"))
    screen = Console(file=io.StringIO(), width=200, force_terminal=True)
    screen.print(live_view(facts_of(counters)))
    assert isinstance(screen.file, io.StringIO)
    assert "[red]x[/red] [link=http://evil]y" in screen.file.getvalue()


def test_an_answer_without_a_verdict_is_not_among_those_that_have_a_score() -> None:
    part = BenchmarkCounters(total=3, generated=3, score_name="right")
    grades: list[dict[str, Any]] = [{"right": True}, {"right": False}, {"right": False, "ungraded": ["NLTK's tagger"]}]
    for row, grade in enumerate(grades):
        part.count_grade(row, grade)
    assert (part.accuracy, part.scored, part.to_grade) == (0.5, 2, 0)
    (facts,) = facts_of(RunCounters(benchmarks={"ifbench": part}, stage=Stage.GRADING)).benchmarks
    assert (facts.reached, facts.graded, facts.score) == (3, 2, 0.5)
