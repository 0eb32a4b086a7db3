"""The way of a sample: what an answer says of the server, and of the refusals before it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any, cast

import pytest

from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Turn
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.schedule.schedule import PendingSamples
from northstar.models.failures import GaveUp, Refused, ServerUnusable
from northstar.results.journal import Journal
from northstar.results.layout import Shard
from northstar.results.outputs import record
from northstar.task.grader import ComputeLost
from tests.engine.open_shards import NO_CONTEXT, Client, Numbers, answered, opened, ran, right

LAST = 20


async def refused_but_for_the_last(row: dict[str, Any], seed: int | None, asker: Any) -> Generation:
    """The last row goes on from a turn that an earlier run kept; the server refuses every other."""
    if row["id"] != LAST:
        raise Refused("HTTP 400: a wrong setting")
    (first,) = asker.turns
    return Generation(generation="done", generation_start_time=first.generation_start_time)


class Losing:
    """A grader, or a solver, whose process is killed but for some calls."""

    def __init__(self, *well: int, gives: Any = None) -> None:
        self.calls, self._well, self._gives = 0, well, gives

    async def __call__(self, *_: Any) -> Any:
        self.calls += 1
        if self.calls in self._well:
            return self._gives
        raise ComputeLost("its process was killed by SIGKILL")


ENDED = r"20 times in a row .* to aime24 was lost \(its process was killed by SIGKILL\)\. .*\+\+grading_workers=1"


def test_gradings_that_are_lost_one_after_the_other_end_the_run_and_the_answers_are_kept(tmp_path: Path) -> None:
    losing = Losing()
    shard = opened(tmp_path, 200, answered, losing)
    for row in shard.shard.rows:
        shard.journal.add_generation(row, Generation(generation="5"))
    with pytest.raises(NorthstarError, match=ENDED):
        ran(shard)
    assert (losing.calls, shard.counters.grades_lost) == (20, 200)
    again = opened(tmp_path, 200, answered, right)
    assert all(again.journal.has_generation(row) for row in again.shard.rows)
    assert ran(again).benchmarks["aime24"].graded == 200


def test_a_grade_now_and_then_lets_the_run_go_on(tmp_path: Path) -> None:
    grader = Losing(20, 40, gives={"symbolic_correct": True})
    shard = opened(tmp_path, 50, answered, grader)
    assert ran(shard).grades_lost == 48


def test_lost_tools_are_no_silence_of_the_server_and_end_the_run_by_themselves(tmp_path: Path) -> None:
    solver = Losing()
    shard = opened(tmp_path, 200, solver, right)
    with pytest.raises(NorthstarError, match=ENDED) as failure:
        ran(shard)
    assert not isinstance(failure.value, ServerUnusable)
    assert (solver.calls, shard.counters.tools_lost, shard.counters.open) == (20, 20, 0)


def test_samples_whose_tools_were_lost_are_left_open(tmp_path: Path) -> None:
    counters = ran(opened(tmp_path, 3, Losing(), right))
    assert (counters.tools_lost, counters.left_open) == (3, 3)


def test_grades_of_another_benchmark_say_nothing_of_lost_tools(tmp_path: Path) -> None:
    shards = [opened(tmp_path, 30, Losing(), right), opened(tmp_path, 30, answered, right, "hle")]
    with pytest.raises(NorthstarError, match=ENDED):
        ran(*shards, at_once=2)


def test_a_turn_of_an_earlier_run_says_nothing_of_todays_refusals_whatever_its_clock_was(tmp_path: Path) -> None:
    shard = Shard("scicode", 0, range(LAST + 1))
    journal = Journal(tmp_path / "output-rs0.jsonl.journal", benchmark="scicode", seed=0, rows=shard.rows)
    journal.add_turn(LAST, Turn(name="1.1", generation="", generation_start_time=time.time() + 3600))
    solver, grader = cast(Any, refused_but_for_the_last), cast(Any, right)
    procedure = Procedure(solver, grader, cast(Any, None), EvalSettings(), record)
    counters = RunCounters(benchmarks={"scicode": BenchmarkCounters(score_name="symbolic_correct")})
    part = OpenShard(shard, Numbers(), procedure, journal, counters.benchmarks["scicode"], tmp_path, "scicode.seeds")
    job = SampleLoop([part], PendingSamples([part]), counters)
    with pytest.raises(BaseExceptionGroup) as failure:
        asyncio.run(job.run(cast(Any, Client()), NO_CONTEXT, LAST + 1, Graders(1, 1)))
    assert failure.group_contains(ServerUnusable, match="refused the last 20 requests")
    assert [row for row in shard.rows if journal.has_generation(row)] == [LAST]
    journal.close()


def test_so_many_samples_are_asked_at_once_and_no_more(tmp_path: Path) -> None:
    at_work, most = 0, 0
    all_there = asyncio.Event()

    async def solve(*_: Any) -> Generation:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        if at_work == 7:
            all_there.set()
        await all_there.wait()
        await asyncio.sleep(0)  # a place that was too many would be taken now
        at_work -= 1
        return Generation(generation="5")

    assert ran(opened(tmp_path, 40, solve), at_once=7).benchmarks["aime24"].graded == 40
    assert most == 7


def test_each_sample_is_asked_with_its_row_and_its_seed(tmp_path: Path) -> None:
    asked: list[tuple[int, int | None]] = []

    async def solve(row: dict[str, Any], seed: int | None, _: Any) -> Generation:
        asked.append((row["id"], seed))
        return Generation(generation="5")

    ran(opened(tmp_path, 3, solve, seed=4), opened(tmp_path, 3, solve, seed=5))
    assert sorted(asked) == [(row, seed) for row in range(3) for seed in (4, 5)]


def test_a_shard_is_written_once_all_of_it_is_graded(tmp_path: Path) -> None:
    told: list[object] = []
    shard = opened(tmp_path, 2)
    ran(shard, graded=lambda _, row: told.append(row), written=lambda part: told.append(part.stem))
    assert (sorted(map(str, told[:2])), told[2:]) == (["0", "1"], ["output-rs0"])
    lines = [json.loads(line) for line in (tmp_path / "output-rs0.jsonl").read_text().splitlines()]
    assert [(line["id"], line["generation"]) for line in lines] == [(0, "5"), (1, "5")]
    assert {line["symbolic_correct"] for line in lines} == {True}


def test_what_is_on_file_is_graded_and_not_asked_again(tmp_path: Path) -> None:
    shard = opened(tmp_path, 3)
    shard.journal.add_generation(1, Generation(generation="kept"))
    counters = ran(shard)
    assert (counters.new_generations, shard.counters.graded) == (2, 3)
    assert '"generation":"kept"' in (tmp_path / "output-rs0.jsonl").read_text()


async def silent(*_: Any) -> Generation:
    raise GaveUp("no answer for 3 s")


def test_a_server_that_answers_nobody_is_given_up_and_the_rest_is_not_asked(tmp_path: Path) -> None:
    shard = opened(tmp_path, 50, silent)
    with pytest.raises(ServerUnusable, match=r"20 requests in a row got no answer \(no answer for 3 s\)"):
        ran(shard)
    assert shard.counters.open == 20


def test_an_answer_now_and_then_shows_that_the_server_is_there(tmp_path: Path) -> None:
    async def solve(row: dict[str, Any], *_: Any) -> Generation:
        return await (answered() if row["id"] % 20 == 19 else silent())

    shard = opened(tmp_path, 60, solve)
    ran(shard)
    assert (shard.counters.open, shard.counters.graded) == (57, 3)


def test_where_that_is_wanted_a_sample_without_an_answer_is_recorded_as_that(tmp_path: Path) -> None:
    async def solve(row: dict[str, Any], *_: Any) -> Generation:
        return await (silent() if row["id"] == 0 else answered())

    ran(opened(tmp_path, 2, solve), record_unanswered=True)
    first, second = map(json.loads, (tmp_path / "output-rs0.jsonl").read_text().splitlines())
    assert (first["error"], first["finish_reason"], "error" in second) == ("no answer for 3 s", "error", False)


def test_one_refused_sample_among_answered_ones_is_recorded_as_an_error(tmp_path: Path) -> None:
    async def solve(row: dict[str, Any], *_: Any) -> Generation:
        if row["id"] == 0:
            raise Refused("HTTP 400: filtered")
        return Generation(generation="5", generation_start_time=time.time(), generation_end_time=time.time())

    shard = opened(tmp_path, 2, solve)
    assert ran(shard).left_open == 0
    first, second = map(json.loads, (tmp_path / "output-rs0.jsonl").read_text().splitlines())
    assert (first["error"], second["generation"]) == ("HTTP 400: filtered", "5")


def test_a_server_that_becomes_unusable_gets_no_new_sample_and_what_is_in_flight_is_kept(tmp_path: Path) -> None:
    asked: list[int] = []
    failed = asyncio.Event()

    async def solve(row: dict[str, Any], *_: Any) -> Generation:
        asked.append(row["id"])
        if row["id"] == 0:
            await failed.wait()
            return await answered()
        failed.set()
        raise ServerUnusable("HTTP 401")

    shard = opened(tmp_path, 5, solve)
    with pytest.raises(ServerUnusable, match="HTTP 401"):
        ran(shard, at_once=2)
    assert asked == [0, 1]
    assert [row for row in shard.shard.rows if shard.journal.has_generation(row)] == [0]
    assert shard.counters.open == 1


def test_a_conversation_goes_on_after_the_turns_that_an_earlier_run_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    async def converse(row: dict[str, Any], seed: int | None, asker: Any) -> Generation:
        del row, seed
        known = {turn.name: turn for turn in asker.turns}
        for name in ("1", "2"):
            if name not in known:
                asked.append(name)
                asker.keep(Turn(name=name, generation=name, generation_start_time=1.0))
        return Generation(generation="12", generation_start_time=1.0, generation_end_time=2.0)

    shard = opened(tmp_path, 1, converse)
    shard.journal.add_turn(0, Turn(name="1", generation="1", generation_start_time=1.0))
    ran(shard)
    assert asked == ["2"]
    assert '"generation":"12"' in (tmp_path / "output-rs0.jsonl").read_text()
