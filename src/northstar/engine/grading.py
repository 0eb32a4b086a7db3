"""Grades what the sample loop has asked for, and writes each output whose rows are all graded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple

from northstar.core.errors import NorthstarError
from northstar.engine.open_unit import OpenUnit
from northstar.engine.stats import RunStats
from northstar.results.outputs import write_output
from northstar.results.unit import Unit
from northstar.task.grader import ComputeLost, Workbench

MOST_IN_A_ROW = 20


class Graders(NamedTuple):
    """How many gradings are under way at once, of those that compare, and of those that run programs: a slow program
    keeps no comparison waiting.
    """

    comparing: int
    running: int


class Losses:
    """Counts by benchmark: the processes of one may be well where another's are not.

    Each loss is known only after some tries: hundred thousands of answers would take hours to say the same.
    """

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def too_many(self, benchmark: str) -> bool:
        return self._in_a_row[benchmark] >= MOST_IN_A_ROW

    def graded(self, benchmark: str) -> None:
        """What the benchmark needs is there."""
        self._in_a_row[benchmark] = 0

    def lost(self, benchmark: str, loss: ComputeLost) -> NorthstarError | None:
        """What ends the run, if there are too many now."""
        self._in_a_row[benchmark] += 1
        if not self.too_many(benchmark):
            return None
        return NorthstarError(
            f"{self._in_a_row[benchmark]} times in a row the process that worked on an answer to {benchmark} was lost "
            f"({loss}). What is done is kept; give this machine more memory or less to do (++grading_workers=1), then "
            "run the same command again to go on."
        )


class Grading:
    """The generations of one job on their way to a grade.

    unusable: why nothing more should be asked, once the processes that grade are lost again and again.
    """

    def __init__(
        self,
        stats: RunStats,
        graded: Callable[[OpenUnit, int], None] | None = None,
        written: Callable[[Unit], None] | None = None,
    ) -> None:
        """graded, written: called for each sample, and (in a thread) for each output."""
        self.unusable: NorthstarError | None = None
        self._stats = stats
        self._graded = graded
        self._written = written
        self._to_compare: asyncio.Queue[tuple[OpenUnit, int]] = asyncio.Queue()
        self._to_run: asyncio.Queue[tuple[OpenUnit, int]] = asyncio.Queue()
        self._losses = Losses()

    async def begin(self, unit: OpenUnit) -> None:
        """Put what an earlier run left ungraded, or write the output if nothing is left to do."""
        journal = unit.journal
        for row in unit.unit.rows:
            if journal.has_generation(row) and not journal.has_grade(row):
                self.put(unit, row)
        await self._write_if_complete(unit)

    def put(self, unit: OpenUnit, row: int) -> None:
        """Have a row graded, whose generation is in the journal."""
        (self._to_run if unit.procedure.in_sandbox else self._to_compare).put_nowait((unit, row))

    def loops(self, workbench: Workbench, graders: Graders) -> Iterable[Coroutine[Any, Any, None]]:
        """What grades, to be run as tasks until `all_done`, and then cancelled."""
        queues = [self._to_compare] * graders.comparing + [self._to_run] * graders.running
        return [self._grade(workbench, queue) for queue in queues]

    async def all_done(self) -> None:
        """Wait until all that was put is graded, or lost."""
        await self._to_compare.join()
        await self._to_run.join()

    def lose(self, unit: OpenUnit, loss: ComputeLost) -> None:
        """Note that a process which worked for this unit was lost: too many in a row end the run."""
        self._stats.last_loss = str(loss)
        self.unusable = self.unusable or self._losses.lost(unit.unit.benchmark, loss)

    async def _grade(self, workbench: Workbench, queue: asyncio.Queue[tuple[OpenUnit, int]]) -> None:
        while True:
            unit, row = await queue.get()
            if self._losses.too_many(unit.unit.benchmark):
                unit.stats.grades_lost += 1
                queue.task_done()
                continue
            try:
                grade = await unit.procedure.grader(unit.rows.row(row), unit.journal.generation(row), workbench)
            except ComputeLost as loss:  # which says nothing of the answer: the next run grades it
                unit.stats.grades_lost += 1
                self.lose(unit, loss)
                queue.task_done()
                continue
            self._losses.graded(unit.unit.benchmark)
            unit.journal.add_grade(row, grade)
            unit.stats.count_grade(grade)
            self._stats.new_grades += 1
            if self._graded is not None:
                self._graded(unit, row)
            await self._write_if_complete(unit)
            queue.task_done()

    async def _write_if_complete(self, unit: OpenUnit) -> None:
        if unit.journal.complete:
            await write_output(unit.folder, unit.unit, unit.rows, unit.journal, unit.procedure.record)
            if self._written is not None:
                await asyncio.to_thread(self._written, unit.unit)
