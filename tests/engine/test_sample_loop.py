"""The way of a sample: what an answer says of the server, and of the refusals before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Turn
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.engine.run_with_server import first_of
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.schedule.schedule import PendingSamples
from northstar.models.counts import ClientCounts
from northstar.models.failures import Refused, ServerUnusable
from northstar.results.journal import Journal
from northstar.results.layout import Shard
from northstar.results.outputs import record
from northstar.task.grader import ComputeLost

LAST = 20


class Client:
    """Stands in for the model's client: the solver below asks nobody."""

    counts = ClientCounts()
    gate = SimpleNamespace(pace=None)

    @contextmanager
    def conversation(self) -> Iterator[None]:
        yield None


class Numbers:
    def row(self, number: int) -> dict[str, Any]:
        return {"id": number}


async def refused_but_for_the_last(row: dict[str, Any], seed: int | None, asker: Any) -> Generation:
    """The last row goes on from a turn that an earlier run kept; the server refuses every other."""
    if row["id"] != LAST:
        raise Refused("HTTP 400: a wrong setting")
    (first,) = asker.turns
    return Generation(generation="done", generation_start_time=first.generation_start_time)


async def right(*_: Any) -> dict[str, Any]:
    return {"symbolic_correct": True}


def opened(folder: Path, rows: int, solver: Any, grader: Any, benchmark: str = "aime24") -> OpenShard:
    shard = Shard(benchmark, 0, range(rows))
    journal = Journal(folder / f"{benchmark}.jsonl.journal", benchmark=benchmark, seed=0, rows=shard.rows)
    procedure = Procedure(solver, grader, cast(Any, None), EvalSettings(), record)
    counters = BenchmarkCounters(total=rows, score_name="symbolic_correct")
    return OpenShard(shard, Numbers(), procedure, journal, counters, folder, f"{benchmark}.seeds")


def ran(*shards: OpenShard, at_once: int = 1) -> RunCounters:
    """What a run of these shards counts, until it ends. Raises what it ends with."""
    counters = RunCounters(benchmarks={shard.shard.benchmark: shard.counters for shard in shards})
    job = SampleLoop(shards, PendingSamples(shards), counters)
    client = Client() if job.left_to_ask else None
    try:
        asyncio.run(job.run(cast(Any, client), cast(Any, None), at_once, Graders(1, 1)))
    except BaseExceptionGroup as errors:
        raise first_of(errors) from None
    finally:
        for shard in shards:
            shard.journal.close()
    return counters


async def answered(*_: Any) -> Generation:
    return Generation(generation="5", generation_start_time=time.time(), generation_end_time=time.time())


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
    opened = OpenShard(shard, Numbers(), procedure, journal, counters.benchmarks["scicode"], tmp_path, "scicode.seeds")
    job = SampleLoop([opened], PendingSamples([opened]), counters)
    with pytest.raises(BaseExceptionGroup) as failure:
        asyncio.run(job.run(cast(Any, Client()), cast(Any, None), LAST + 1, Graders(1, 1)))
    assert failure.group_contains(ServerUnusable, match="refused the last 20 requests")
    assert [row for row in shard.rows if journal.has_generation(row)] == [LAST]
    journal.close()
