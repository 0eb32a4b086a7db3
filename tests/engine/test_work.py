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
from northstar.engine.feed import Backlog
from northstar.engine.journal import Journal
from northstar.engine.outputs import record
from northstar.engine.stats import BenchmarkStats, RunStats
from northstar.engine.unit import Unit
from northstar.engine.units import OpenUnit, Procedure
from northstar.engine.work import Graders, Job
from northstar.models.counts import ClientCounts
from northstar.models.failures import Refused, ServerUnusable
from northstar.records import Generation, Turn

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


def test_a_turn_of_an_earlier_run_says_nothing_of_todays_refusals_whatever_its_clock_was(tmp_path: Path) -> None:
    unit = Unit("scicode", 0, range(LAST + 1))
    journal = Journal(tmp_path / "output-rs0.jsonl.journal", benchmark="scicode", seed=0, rows=unit.rows)
    journal.add_turn(LAST, Turn(name="1.1", generation="", generation_start_time=time.time() + 3600))
    procedure = Procedure(cast(Any, refused_but_for_the_last), right, cast(Any, None), EvalSettings(), record)
    stats = RunStats(benchmarks={"scicode": BenchmarkStats(score_name="symbolic_correct")})
    opened = OpenUnit(unit, Numbers(), procedure, journal, stats.benchmarks["scicode"], tmp_path, "scicode.seeds")
    job = Job([opened], Backlog([opened]), stats)
    with pytest.raises(BaseExceptionGroup) as failure:
        asyncio.run(job.run(cast(Any, Client()), cast(Any, None), LAST + 1, Graders(1, 1)))
    assert failure.group_contains(ServerUnusable, match="refused the last 20 requests")
    assert [row for row in unit.rows if journal.has_generation(row)] == [LAST]
    journal.close()
