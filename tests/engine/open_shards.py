"""Open shards of rows that are numbers, with a stand-in for the model's client: the solvers of tests ask nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from northstar.config.settings import EvalSettings
from northstar.core.records import Generation
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.engine.run_with_server import first_of
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.schedule.schedule import PendingSamples
from northstar.models.counts import ClientCounts
from northstar.results.journal import Journal
from northstar.results.layout import Shard
from northstar.results.outputs import record
from northstar.task.grader import SolverContext

NO_CONTEXT = SolverContext(cast(Any, None))


class Client:
    """Has nothing that a solver could ask."""

    counts = ClientCounts()
    gates = None

    @contextmanager
    def conversation(self) -> Iterator[None]:
        yield None


class Numbers:
    """Row n is {"id": n}."""

    def row(self, number: int) -> dict[str, Any]:
        return {"id": number}


async def answered(*_: Any) -> Generation:
    """A solver: an answer that took a second."""
    return Generation(generation="5", generation_start_time=1.0, generation_end_time=2.0)


async def right(*_: Any) -> dict[str, Any]:
    """A grader."""
    return {"symbolic_correct": True}


def opened(
    folder: Path,
    rows: int | Sequence[int],
    solver: Any = answered,
    grader: Any = right,
    benchmark: str = "aime24",
    seed: int = 0,
) -> OpenShard:
    """A shard of these rows (a range, or so many from 0), whose journal goes on where an earlier one stopped."""
    numbers = range(rows) if isinstance(rows, int) else range(rows[0], rows[-1] + 1)
    shard = Shard(benchmark, seed, numbers)
    path = folder / f"{benchmark}-rs{seed}-{numbers.start}.jsonl.journal"
    counters = BenchmarkCounters(total=len(numbers), score_name="symbolic_correct")
    journal = Journal(path, benchmark=benchmark, seed=seed, rows=numbers, counts=counters)
    procedure = Procedure(solver, grader, cast(Any, None), EvalSettings(), record)
    return OpenShard(shard, Numbers(), procedure, journal, counters, folder, f"{benchmark}.seeds")


def ran(
    *shards: OpenShard,
    at_once: int = 1,
    record_unanswered: bool = False,
    graded: Callable[[OpenShard, int], None] | None = None,
    written: Callable[[Shard], None] | None = None,
) -> RunCounters:
    """What a run of these shards counts, until it ends. Raises what it ends with."""
    counters = RunCounters(benchmarks={shard.shard.benchmark: shard.counters for shard in shards})
    job = SampleLoop(
        shards,
        PendingSamples(shards),
        counters,
        record_unanswered=record_unanswered,
        graded=graded,
        written=written,
    )
    client = Client() if job.left_to_ask else None
    try:
        asyncio.run(job.run(cast(Any, client), NO_CONTEXT, at_once, Graders(1, 1)))
    except BaseExceptionGroup as errors:
        raise first_of(errors) from None
    finally:
        for shard in shards:
            shard.journal.close()
    return counters
