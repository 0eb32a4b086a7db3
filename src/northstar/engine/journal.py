"""The journal of one unit: every finished generation and grade, appended at once, replayed after a crash.

The file is JSON lines: first a header, then `{"row": 5, "generation": {…}}` and `{"row": 5, "grade": {…}}` in the order
in which they happened, and before a generation of several answers a `{"row": 5, "turn": {…}}` for each of them. A line
is one write() to a file opened for appending: kill -9 between two writes loses nothing that was written, and a torn
last line (machine crash, full disk) is cut off on the next start. Any other damage is an error that names file and
line. Generations stay in the file; memory holds two numbers a row and kind.
"""

from __future__ import annotations

import errno
import math
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from northstar.engine.open_files import why
from northstar.engine.unit import whole_stem
from northstar.errors import NorthstarError
from northstar.records import Generation, Grade, Outcome, Turn

FORMAT = 1


class _Header(msgspec.Struct):
    journal: int
    benchmark: str
    seed: int | None
    first_row: int
    rows: int


class _Glimpse(msgspec.Struct):
    """What a replay needs of a generation; decoding only this skips the long texts."""

    generation: msgspec.Raw
    generation_start_time: float = 0.0
    generation_end_time: float = 0.0
    num_generated_tokens: int | None = None
    error: str | None = None
    out_of_context: bool = False
    reduced_to: int | None = None


class _TurnGlimpse(msgspec.Struct):
    name: str


class _Line(msgspec.Struct):
    row: int
    generation: _Glimpse | None = None
    grade: dict[str, Any] | None = None
    turn: _TurnGlimpse | None = None


class Counts(Protocol):
    """Counts what a replay finds, as it counts new work."""

    def count_generation(self, generation: Outcome) -> None: ...

    def count_grade(self, grade: Grade) -> None: ...


class _GenerationLine(msgspec.Struct):
    generation: Generation


class _TurnLine(msgspec.Struct):
    turn: Turn


class _GradeLine(msgspec.Struct):
    grade: dict[str, Any]


_line = msgspec.json.Decoder(_Line)
_generation = msgspec.json.Decoder(_GenerationLine)
_grade = msgspec.json.Decoder(_GradeLine)
_turn = msgspec.json.Decoder(_TurnLine)
_encode = msgspec.json.Encoder().encode


class Journal:
    """Open journal of a unit's rows `rows`. One writer at a time: hold the unit's lock (engine/lock.py)."""

    def __init__(
        self, path: Path, *, benchmark: str, seed: int | None, rows: range, counts: Counts | None = None
    ) -> None:
        """Open or begin `path` and replay it. Raises NorthstarError for damage and for another unit's file."""
        self.path = path
        self._rows = rows
        self._counts = counts
        # Offset of each row's line, -1 while there is none.
        self._generated = array("q", [-1]) * len(rows)
        self._graded = array("q", [-1]) * len(rows)
        self._turns: dict[int, list[int]] = {}
        """Offsets of the turns of rows that have no generation yet."""
        self.seconds = array("f", [math.nan]) * len(rows)
        """How long each generation found by the replay took; NaN where there is none."""
        self.generations = 0
        self.tokens = 0
        """Generated tokens of all generations in the file."""
        self.grades = 0
        self._end = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise NorthstarError(f"cannot write to {path}: {why(error)}.") from None
        try:
            header = _Header(FORMAT, benchmark, seed, rows.start, len(rows))
            self._replay(header)
            if self._end == 0:
                self._append(_encode(header))
        except BaseException:
            os.close(self._file)
            raise

    def close(self) -> None:
        os.close(self._file)

    def sync(self) -> None:
        """Ask the disk to keep what was written, against a crash of the machine."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._cannot_write(error) from None

    @property
    def complete(self) -> bool:
        """Whether every row has its generation and its grade."""
        return self.grades == len(self._rows) and self.generations == len(self._rows)

    def has_generation(self, row: int) -> bool:
        return bool(self._generated[row - self._rows.start] >= 0)

    def has_grade(self, row: int) -> bool:
        return bool(self._graded[row - self._rows.start] >= 0)

    def add_generation(self, row: int, generation: Generation) -> None:
        self._generated[row - self._rows.start] = self._append(_encode({"row": row, "generation": generation}))
        self._turns.pop(row, None)
        self.generations += 1
        self.tokens += generation.num_generated_tokens or 0

    def add_turn(self, row: int, turn: Turn) -> None:
        """Keep a part of a generation that is still to come."""
        self._turns.setdefault(row, []).append(self._append(_encode({"row": row, "turn": turn})))

    def turns(self, row: int) -> list[Turn]:
        """The turns of a row that has no generation yet, in order."""
        return [_turn.decode(self._read(offset)).turn for offset in self._turns.get(row, ())]

    def add_grade(self, row: int, grade: Grade) -> None:
        self._graded[row - self._rows.start] = self._append(_encode({"row": row, "grade": grade}))
        self.grades += 1

    def generation(self, row: int) -> Generation:
        return _generation.decode(self._read(int(self._generated[row - self._rows.start]))).generation

    def grade(self, row: int) -> dict[str, Any]:
        return _grade.decode(self._read(int(self._graded[row - self._rows.start]))).grade

    def _append(self, line: bytes) -> int:
        """Write one line whole, or leave the file as it was and say why."""
        offset, data = self._end, line + b"\n"
        try:
            written = os.write(self._file, data)
            if written != len(data):  # a disk that fills up takes a part first
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._file, offset)
            raise self._cannot_write(error) from None
        self._end += len(data)
        return offset

    def _cannot_write(self, error: OSError) -> NorthstarError:
        return NorthstarError(
            f"cannot write to {self.path}: {error.strerror}. What was written is kept; "
            "make room and run the same command again to go on."
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

    def _replay(self, expected: _Header) -> None:
        """Take what is there. Of other work, it is refused, but for a file without any answer, which is begun anew."""
        found = expected
        for number, offset, line in self._lines():
            try:
                if number == 1:
                    found = msgspec.json.decode(line, type=_Header)
                elif found != expected:
                    raise self._of_other_work(found, expected)
                else:
                    self._take(_line.decode(line), offset)
            except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
                raise NorthstarError(
                    f"{self.path}, line {number}: damaged ({error}). Restore the file, or move it away to ask "
                    "its samples again."
                ) from None
        if found != expected:
            os.ftruncate(self._file, 0)
            self._end = 0

    def _lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Number (from 1), offset and content of each whole line; cuts a torn last line off the file."""
        with os.fdopen(os.dup(self._file), "rb", buffering=1 << 20) as file:
            file.seek(0)
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    os.ftruncate(self._file, self._end)
                    return
                offset = self._end
                self._end += len(line)
                yield number, offset, line

    def _take(self, line: _Line, offset: int) -> None:
        if line.row not in self._rows:
            raise ValueError(f"row {line.row} is none of this file's rows")
        row = line.row - self._rows.start
        if (found := line.generation) is not None and self._generated[row] < 0:
            if bytes(found.generation)[:1] != b'"':
                raise ValueError(f"the generation of row {line.row} is no text")
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
                self._counts.count_grade(line.grade)
        else:
            raise ValueError(f"row {line.row} comes twice, or is graded before it was generated")

    def _of_other_work(self, found: _Header, expected: _Header) -> NorthstarError:
        there, wanted = (
            f"{whole_stem(header.seed)} of {header.benchmark}, rows {header.first_row} to "
            f"{header.first_row + header.rows - 1}"
            for header in (found, expected)
        )
        return NorthstarError(
            f"{self.path} holds answers for {there}, not for {wanted}. Choose another --output_dir, or --rerun_done to "
            "set them aside and ask again."
        )
