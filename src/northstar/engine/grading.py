"""Grades generations, and writes the output of each shard whose rows are all graded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from northstar.core.errors import NorthstarError
from northstar.data.rows import Rows
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.results.journal import Journal
from northstar.results.layout import Shard
from northstar.results.outputs import RecordOf, write_output
from northstar.task.grader import ComputeLost, Grader, SolverContext

MOST_IN_A_ROW = 20


class GradedBy(Protocol):
    """How a shard is graded and recorded; see Procedure."""

    @property
    def grader(self) -> Grader: ...
    @property
    def record(self) -> RecordOf: ...
    @property
    def in_sandbox(self) -> bool: ...


class Gradable(Protocol):
    """An open shard whose generations are graded; see OpenShard."""

    @property
    def shard(self) -> Shard: ...
    @property
    def rows(self) -> Rows: ...
    @property
    def procedure(self) -> GradedBy: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def counters(self) -> BenchmarkCounters: ...
    @property
    def folder(self) -> Path: ...


OpenOne = TypeVar("OpenOne", bound=Gradable)


class Graders(NamedTuple):
    """How many gradings run at once. Those that run programs are counted apart: a slow program delays no comparison."""

    comparing: int
    running: int


class Losses:
    """Counts lost processes in a row for each benchmark, to end a run that would lose them for hours.

    Each loss has taken several tries. Benchmarks count apart: each may have an environment of its own.
    """

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def too_many(self, benchmark: str) -> bool:
        return self._in_a_row[benchmark] >= MOST_IN_A_ROW

    def graded(self, benchmark: str) -> None:
        """Start counting anew: a grading went well."""
        self._in_a_row[benchmark] = 0

    def lost(self, benchmark: str, loss: ComputeLost) -> NorthstarError | None:
        """Count a loss; returns the error that ends the run once there are too many."""
        self._in_a_row[benchmark] += 1
        if not self.too_many(benchmark):
            return None
        return NorthstarError(
            f"{self._in_a_row[benchmark]} times in a row the process that worked on an answer to {benchmark} was lost "
            f"({loss}). What is done is kept; give this machine more memory or less to do (++grading_workers=1), then "
            "run the same command again to go on."
        )


class Grading(Generic[OpenOne]):
    """The generations of open shards on their way to a grade.

    Args:
        counters: counts what happens.
        graded: called with the shard and row of each graded sample.
        written: called, in a thread, with each shard whose output was written.
        settled: called with the shard of each sample that was graded or lost, after its output is written.

    Attributes:
        unusable: why nothing more should be asked, once too many processes were lost in a row.
    """

    def __init__(
        self,
        counters: RunCounters,
        graded: Callable[[OpenOne, int], None] | None = None,
        written: Callable[[Shard], None] | None = None,
        settled: Callable[[OpenOne], None] = lambda _: None,
    ) -> None:
        self.unusable: NorthstarError | None = None
        self._counters = counters
        self._graded = graded
        self._written = written
        self._settled = settled
        self._to_compare: asyncio.Queue[tuple[OpenOne, int]] = asyncio.Queue()
        self._to_run: asyncio.Queue[tuple[OpenOne, int]] = asyncio.Queue()
        self._losses = Losses()

    async def begin(self, shard: OpenOne) -> None:
        """Queue what an earlier run left ungraded, or write the output if the shard is complete."""
        journal = shard.journal
        for row in shard.shard.rows:
            if journal.has_generation(row) and not journal.has_grade(row):
                self.put(shard, row)
        await self._write_if_complete(shard)
        self._settled(shard)

    def put(self, shard: OpenOne, row: int) -> None:
        """Queue a row whose generation is in the journal."""
        (self._to_run if shard.procedure.in_sandbox else self._to_compare).put_nowait((shard, row))

    def loops(self, solver_context: SolverContext, graders: Graders) -> Iterable[Coroutine[Any, Any, None]]:
        """The coroutines that grade: run them as tasks until `all_done` returns, then cancel them."""
        queues = [self._to_compare] * graders.comparing + [self._to_run] * graders.running
        return [self._grade(solver_context, queue) for queue in queues]

    async def all_done(self) -> None:
        """Wait until every queued row is graded or lost."""
        await self._to_compare.join()
        await self._to_run.join()

    def lose(self, shard: OpenOne, loss: ComputeLost) -> None:
        """Count a lost process that worked for this shard; too many in a row set `unusable`."""
        self._counters.last_loss = str(loss)
        self.unusable = self.unusable or self._losses.lost(shard.shard.benchmark, loss)

    async def _grade(self, solver_context: SolverContext, queue: asyncio.Queue[tuple[OpenOne, int]]) -> None:
        while True:
            shard, row = await queue.get()
            if self._losses.too_many(shard.shard.benchmark):
                shard.counters.grades_lost += 1
                self._settled(shard)
                queue.task_done()
                continue
            context = solver_context.of(shard.shard.benchmark)
            try:
                grade = await shard.procedure.grader(shard.rows.row(row), shard.journal.generation(row), context)
            except ComputeLost as loss:  # the answer is not to blame; the next run grades it
                shard.counters.grades_lost += 1
                self.lose(shard, loss)
                self._settled(shard)
                queue.task_done()
                continue
            self._losses.graded(shard.shard.benchmark)
            shard.journal.add_grade(row, grade)
            shard.counters.count_grade(row, grade)
            self._counters.new_grades += 1
            if self._graded is not None:
                self._graded(shard, row)
            await self._write_if_complete(shard)
            self._settled(shard)
            queue.task_done()

    async def _write_if_complete(self, shard: OpenOne) -> None:
        if shard.journal.complete:
            self._counters.writing += 1
            try:
                await write_output(shard.folder, shard.shard, shard.rows, shard.journal, shard.procedure.record)
                if self._written is not None:
                    await asyncio.to_thread(self._written, shard.shard)
            finally:
                self._counters.writing -= 1
