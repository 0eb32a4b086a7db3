"""What the nodes of a pool have done of a shard, each in a journal of its own, and how it becomes one output."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Grade
from northstar.core.regular import is_there
from northstar.data.rows import Rows
from northstar.pool.files import part_path, part_paths
from northstar.results.journal import Counts, Journal
from northstar.results.layout import Shard, journal_path
from northstar.results.outputs import RecordOf, finish_joining, write_records
from northstar.results.state import done_path


class PartJournal(Journal):
    """The journal of what one node does of a shard. Its file is made by `begin`, since many nodes do nothing of it."""

    def __init__(self, folder: Path, shard: Shard, node: str, counts: Counts | None = None) -> None:
        self._place: tuple[Path, Shard] = (folder, shard)
        self._node = node
        self._file, self._synced = -1, 0
        path = part_path(folder, shard, 0, node)
        super().__init__(path, benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows, counts=counts)

    def begin(self, epoch: int) -> None:
        """Make the file, for rows of this epoch; does nothing if it is made. Raises NorthstarError."""
        if self._file < 0:
            self.path = part_path(*self._place, epoch, self._node)
            super()._open()

    def close(self) -> None:
        """Close the file, and remove it once the shard's output is written: what came later doesn't count."""
        if self._file >= 0:
            super().close()
            if done_path(*self._place) is not None:
                self.path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Sync the file to disk, if anything was added since the last time."""
        end = self._end
        if end > self._synced:
            super().sync()
            self._synced = end

    @property
    def complete(self) -> bool:
        """Always False: the rows of a shard may be done by several nodes, and its output is not made of this alone."""
        return False

    def _open(self) -> None:
        """Wait for `begin`."""


class Parts:
    """The journals of all nodes for one shard, read together. Of a row that several have done the first epoch counts.

    Raises NorthstarError if one is damaged, or holds other rows.
    """

    def __init__(self, folder: Path, shard: Shard) -> None:
        self._shard = shard
        self.journals: list[Journal] = []
        whole = journal_path(folder, shard)  # of a run of one job
        try:
            for path in [*([whole] if is_there(whole) else []), *part_paths(folder, shard.stem)]:
                self.journals.append(
                    Journal(path, benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows, read_only=True)
                )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for journal in self.journals:
            journal.close()

    def done(self, row: int) -> Journal | None:
        """Return the journal whose answer to a row counts; None if the row is not done."""
        return next((journal for journal in self.journals if journal.has_grade(row)), None)

    def begun(self, row: int) -> Journal | None:
        """Return a journal with an answer to a row, or turns of one, that is not graded."""
        answered = (journal for journal in self.journals if journal.has_generation(row))
        return next(answered, next((journal for journal in self.journals if journal.turns(row)), None))

    def generation(self, row: int) -> Generation:
        journal = self.done(row)
        assert journal is not None
        return journal.generation(row)

    def grade(self, row: int) -> Grade:
        journal = self.done(row)
        assert journal is not None
        return journal.grade(row)

    def missing(self) -> list[range]:
        """Return the rows that are not done, as ranges."""
        return [*_ranges(row for row in self._shard.rows if self.done(row) is None)]


def has_parts(folder: Path, shard: Shard) -> bool:
    """Whether any node, or a run of one job, has begun a shard."""
    return is_there(journal_path(folder, shard)) or bool(part_paths(folder, shard.stem))


async def publish(folder: Path, shard: Shard, rows: Rows, record_of: RecordOf) -> list[range]:
    """Write the output of a shard from all parts, once, and remove them.

    Returns:
        The rows that no node has done; then nothing is written.

    Raises:
        NorthstarError: A part is damaged, or the disk full.
    """
    try:
        missing = await _write_unless_missing(folder, shard, rows, record_of)
    except (NorthstarError, OSError):
        if done_path(folder, shard) is None:
            raise
        missing = []  # of two nodes that write it the other was faster, and has removed what this one reads
    if not missing:
        await asyncio.to_thread(_clean_up, folder, shard)
    return missing


async def _write_unless_missing(folder: Path, shard: Shard, rows: Rows, record_of: RecordOf) -> list[range]:
    parts = await asyncio.to_thread(Parts, folder, shard)
    try:
        if done_path(folder, shard) is not None:
            return []
        if not (missing := parts.missing()):
            await write_records(folder, shard, rows, parts, record_of, once=True)
        return missing
    finally:
        parts.close()


def _clean_up(folder: Path, shard: Shard) -> None:
    for path in [journal_path(folder, shard), *part_paths(folder, shard.stem)]:
        path.unlink(missing_ok=True)
    finish_joining(folder, shard)


def _ranges(rows: Iterator[int]) -> Iterator[range]:
    begun = end = next(rows, None)
    if begun is None or end is None:
        return
    for row in rows:
        if row != end + 1:
            yield range(begun, end + 1)
            begun = row
        end = row
    yield range(begun, end + 1)
