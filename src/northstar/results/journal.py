"""The journal of one shard: every finished generation and grade, appended at once and replayed after a crash.

The file is JSON lines, each with a checksum (journal_line.py): a header, then `{"row": 5, "generation": {…}}` and
`{"row": 5, "grade": {…}}` in order of completion; `{"row": 5, "turn": {…}}` precede a generation of several answers.
Each line is one write() to a file opened for appending: kill -9 between two writes loses nothing, and a torn last line
(machine crash, full disk) is cut off on the next start. Any other damage is an error that names file and line.
Generations stay in the file; memory holds two numbers per row and kind.
"""

from __future__ import annotations

import errno
import math
import os
from array import array
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.open_files import why
from northstar.core.records import Generation, Grade, Outcome, Turn
from northstar.core.regular import check_regular
from northstar.results import journal_line
from northstar.results.journal_line import DAMAGE, FORMAT, UNSEALED_FORMAT, Glimpsed, Header, Whole, sealed
from northstar.results.layout import whole_stem


class Counts(Protocol):
    """Receives what a replay finds, to count it like new work."""

    def count_generation(self, generation: Outcome) -> None: ...

    def count_grade(self, row: int, grade: Grade) -> None: ...


class Journal:
    """The open journal of a shard's `rows`, for one writer at a time: hold the shard's lock (core/lock.py)."""

    def __init__(
        self,
        path: Path,
        *,
        benchmark: str,
        seed: int | None,
        rows: range,
        counts: Counts | None = None,
        of: str = "",
        read_only: bool = False,
    ) -> None:
        """Open or create `path` and replay it. Raises NorthstarError if it is damaged or belongs to another shard.

        `of`: the checksum of the output that it grades anew. `read_only`: it is there, and perhaps still written by
        another process.
        """
        self.path = path
        self._header = Header(
            journal=FORMAT, benchmark=benchmark, seed=seed, first_row=rows.start, rows=len(rows), of=of
        )
        self._rows = rows
        self._counts = counts
        self._read_only = read_only
        # Offset of each row's line, -1 without one.
        self._generated = array("q", [-1]) * len(rows)
        self._graded = array("q", [-1]) * len(rows)
        self._turns: dict[int, list[int]] = {}
        """Offsets of the turns of rows without a generation."""
        self.seconds = array("f", [math.nan]) * len(rows)
        """Duration of each generation found by the replay; NaN without one."""
        self.generations = 0
        self.tokens = 0
        """Generated tokens of all generations in the file."""
        self.grades = 0
        self._end = 0
        self._open()

    def _open(self) -> None:
        check_regular(self.path)
        flags = os.O_RDONLY if self._read_only else os.O_RDWR | os.O_CREAT | os.O_APPEND
        try:
            self._file = os.open(self.path, flags | os.O_CLOEXEC, 0o666)
        except OSError as error:
            verb = "read" if self._read_only else "write to"
            raise NorthstarError(f"cannot {verb} {self.path}: {why(error)}.") from None
        try:
            self._replay(self._header)
            if self._end == 0 and not self._read_only:
                self._append(self._header)
        except BaseException:
            os.close(self._file)
            raise

    def close(self) -> None:
        os.close(self._file)

    def sync(self) -> None:
        """Sync the file to disk, against a crash of the machine."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._cannot_write(error) from None

    @property
    def complete(self) -> bool:
        """Whether every row has a generation and a grade."""
        return self.grades == len(self._rows) and self.generations == len(self._rows)

    def has_generation(self, row: int) -> bool:
        return bool(self._generated[row - self._rows.start] >= 0)

    def has_grade(self, row: int) -> bool:
        return bool(self._graded[row - self._rows.start] >= 0)

    def add_generation(self, row: int, generation: Generation) -> None:
        self._generated[row - self._rows.start] = self._append({"row": row, "generation": generation})
        self._turns.pop(row, None)
        self.generations += 1
        self.tokens += generation.num_generated_tokens or 0

    def add_turn(self, row: int, turn: Turn) -> None:
        """Store one turn of a generation that is not complete yet."""
        self._turns.setdefault(row, []).append(self._append({"row": row, "turn": turn}))

    def turns(self, row: int) -> list[Turn]:
        """Return, in order, the turns of a row without a generation."""
        lines = (self._line(offset) for offset in self._turns.get(row, ()))
        return [line.turn for line in lines if line.turn is not None]

    def add_grade(self, row: int, grade: Grade) -> None:
        self._graded[row - self._rows.start] = self._append({"row": row, "grade": grade})
        self.grades += 1

    def generation(self, row: int) -> Generation:
        found = self._line(int(self._generated[row - self._rows.start])).generation
        assert found is not None
        return found

    def grade(self, row: int) -> dict[str, Any]:
        found = self._line(int(self._graded[row - self._rows.start])).grade
        assert found is not None
        return found

    def _append(self, content: object) -> int:
        """Write one line completely, or restore the file and raise NorthstarError."""
        offset, data = self._end, sealed(content) + b"\n"
        try:
            written = os.write(self._file, data)
            if written != len(data):  # a disk that fills up first takes part of the line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._file, offset)
            raise self._cannot_write(error) from None
        self._end += len(data)
        return offset

    def _cannot_write(self, error: OSError) -> NorthstarError:
        return NorthstarError(
            f"cannot write to {self.path}: {error.strerror}. Finished work is kept; "
            "make room and run the same command again to continue."
        )

    def _read(self, offset: int) -> bytes:
        size = 1 << 16
        while True:
            data = os.pread(self._file, size, offset)
            end = data.find(b"\n")
            if end >= 0:
                return data[:end]
            if len(data) < size:
                raise NorthstarError(f"{self.path} was cut short while it was in use.")
            size *= 8

    def _line(self, offset: int) -> Whole:
        """Read the line at `offset`. Raises NorthstarError if it was damaged since it was found or written."""
        line = self._read(offset)
        try:
            return journal_line.whole(line)
        except DAMAGE as error:
            before = takewhile(lambda each: each[1] < offset, self._lines())
            raise self._damaged(1 + sum(1 for _ in before), error) from None

    def _damaged(self, number: int, error: BaseException) -> NorthstarError:
        return NorthstarError(
            f"{self.path}, line {number}: damaged ({error}). Restore the file, or move it away to ask its "
            "samples again."
        )

    def _replay(self, expected: Header) -> None:
        """Load the file; refuse another shard's, unless it has no answers: then start it anew."""
        found = expected
        may_be_unsealed = False
        for number, offset, line in self._lines():
            try:
                if number == 1:
                    header = journal_line.read_header(line)
                    may_be_unsealed = header.journal == UNSEALED_FORMAT
                    found = msgspec.structs.replace(header, crc="", journal=FORMAT)
                elif found != expected:
                    raise self._of_other_work(found, expected)
                else:
                    self._take(journal_line.glimpse(line, may_be_unsealed=may_be_unsealed), offset)
            except DAMAGE as error:
                raise self._damaged(number, error) from None
            self._end = offset + len(line) + 1
        if found != expected:
            self._end = 0
        if not self._read_only and os.fstat(self._file).st_size != self._end:
            os.ftruncate(self._file, self._end)

    def _lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield number (from 1), offset and content of each complete line. Raises NorthstarError for a damaged end."""
        with os.fdopen(os.dup(self._file), "rb", buffering=1 << 20) as file:
            offset = 0
            file.seek(0)
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    if journal_line.is_more_than_a_line(line):
                        raise self._damaged(number, ValueError("its end of line is missing"))
                    return
                yield number, offset, line[:-1]
                offset += len(line)

    def _take(self, line: Glimpsed, offset: int) -> None:
        if line.row not in self._rows:
            raise ValueError(f"row {line.row} is not among this file's rows")
        row = line.row - self._rows.start
        if (found := line.generation) is not None and self._generated[row] < 0:
            if bytes(found.generation)[:1] != b'"':
                raise ValueError(f"the generation of row {line.row} is not a text")
            self._generated[row] = offset
            self._turns.pop(line.row, None)
            self.generations += 1
            self.tokens += found.num_generated_tokens or 0
            self.seconds[row] = found.generation_end_time - found.generation_start_time
            if self._counts is not None:
                self._counts.count_generation(found)
        elif line.turn is not None and self._generated[row] < 0:
            self._turns.setdefault(line.row, []).append(offset)
        elif line.grade is not None and self._graded[row] < 0 <= self._generated[row]:
            self._graded[row] = offset
            self.grades += 1
            if self._counts is not None:
                self._counts.count_grade(line.row, line.grade)
        else:
            raise ValueError(f"row {line.row} appears twice, or is graded before it is generated")

    def _of_other_work(self, found: Header, expected: Header) -> NorthstarError:
        actual, wanted = (
            f"{whole_stem(header.seed)} of {header.benchmark}, rows {header.first_row} to "
            f"{header.first_row + header.rows - 1}"
            for header in (found, expected)
        )
        grown = found.rows > expected.rows and found == msgspec.structs.replace(expected, rows=found.rows)
        on = f"To go on with them, ask ++max_samples={found.rows}, as a run did that was ended. Or c" if grown else "C"
        return NorthstarError(
            f"{self.path} has the answers of {actual}, not of {wanted}. {on}hoose another --output_dir, or use "
            "--rerun_done to set them aside and ask again."
        )
