"""Makes room in finished results for the rows that a run adds, and undoes it where no answer came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from northstar.benchmarks.loading import rows_of
from northstar.core.clock import utc_stamp
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.core.text import counted
from northstar.engine.preflight.preflight import Ready
from northstar.engine.registration import Note
from northstar.results.growing import BeforeGrowth, Growth, grow, is_unused
from northstar.results.layout import benchmark_folder


@dataclass(frozen=True)
class Grown:
    """What a run's results were before they grew.

    Attributes:
        before: each benchmark's growth, and its files as they were.
    """

    ready: Ready
    locks: Locks
    before: list[tuple[Growth, BeforeGrowth]] = field(default_factory=list)

    @contextmanager
    def undone_without_answers(self, note: Note | None = None) -> Iterator[None]:
        """Put results back after the block if no answer was added to any; `note` then forgets what it registered."""
        try:
            yield
        finally:
            if self._is_unused():
                if note is not None:  # first: a run that is killed here goes on as one that was killed while it grew
                    note.forget()
                with suppress(NorthstarError):  # what can't be moved lies in superseded/, and the same command goes on
                    for _, before in self.before:
                        before.put_back()
            self.before.clear()  # decided once

    def _is_unused(self) -> bool:
        """Whether something grew, and nothing has an answer more. Other jobs count on what they saw grown."""
        return (
            bool(self.before)
            and self.ready.plan.job is None
            and all(is_unused(self._folder(growth), growth, before, self.locks) for growth, before in self.before)
        )

    def grow(self) -> Sequence[str]:
        """Turn results of fewer rows into journals of the rows that are asked now; their folders exist.

        Returns:
            A sentence on each benchmark that grows.

        Raises:
            NorthstarError: Another process writes there, or a file is damaged.
        """
        when = utc_stamp()
        notes: list[str] = []
        for part in self.ready.loaded:
            if (rows := self.ready.grown.get(part.name)) is None:
                continue
            former = rows_of(part.plan, part.benchmark, self.ready.generate.data_dir, rows)
            growth = Growth(part.name, part.plan.seeds[0] is None, former, part.rows)
            self.before.append((growth, BeforeGrowth(when)))
            try:
                grow(self._folder(growth), *self.before[-1])
            finally:
                former.close()
            notes.append(f"{part.name}: {counted(rows, 'row')} are kept, {len(part.rows) - rows} are new.")
        return notes

    def _folder(self, growth: Growth) -> Path:
        return benchmark_folder(self.ready.plan.output_dir, growth.benchmark)
