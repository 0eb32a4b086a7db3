"""Opens a user's file of rows: JSON lines or parquet, checked line by line; only an offset per row is in memory."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, check_depth, parsed
from northstar.core.records import Row
from northstar.core.regular import check_regular
from northstar.data.input.parquet import is_parquet, lines_of_parquet
from northstar.data.rows import RowFile

LONGEST_LINE = 64 << 20
"""Bytes of one row."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
Check = Callable[[Row], str]
"""Says in a phrase what a row lacks; '' for a good one."""


def _no_fault(row: Row) -> str:
    del row
    return ""


class InputFile(RowFile):
    """The rows of a user's file, in its order; those without an id are called by their number, from 1."""

    numbered = False
    _state: tuple[int, int] | None = None

    def row(self, number: int) -> Row:
        """Return a row by its number, from 0. Raises NorthstarError if the file was written to since it was opened."""
        if self._state != self.state():
            raise NorthstarError(
                f"{self.path} changed while it was in use: answers would stand beside other rows than were asked. "
                "Restore it and run the same command again, or choose another --output_dir."
            )
        row = self.decoded(number, _decode)
        return {"id": number + 1, **row} if self.numbered else row

    def state(self) -> tuple[int, int]:
        """Return what changes when somebody writes to the open file."""
        found = os.fstat(self._file)
        return found.st_size, found.st_mtime_ns

    def take(self, lines: BinaryIO, *, numbered: bool) -> None:
        """Read rows from these lines from now on, as they are at this moment."""
        os.dup2(lines.fileno(), self._file, inheritable=False)  # of parquet these have no name
        self.numbered, self._state = numbered, self.state()


def open_input(path: Path, check: Check = _no_fault, limit: int | None = None) -> InputFile:
    """Read and check all of a file, so that a bad row is found before anything is asked.

    Args:
        path: JSON lines, or parquet.
        check: Says what a row lacks.
        limit: Take at most so many rows; the others are checked all the same.

    Raises:
        NorthstarError: The file can't be read, or a row is wrong: the message names its line.
    """
    check_regular(path)
    try:
        if is_parquet(path):
            lines, sha256 = lines_of_parquet(path)
            with lines:
                return _opened(path, lines, "row", check, limit, sha256)
        with path.open("rb", buffering=1 << 20) as lines:
            return _opened(path, lines, "line", check, limit, None)
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None


def _opened(path: Path, lines: BinaryIO, unit: str, check: Check, limit: int | None, sha256: str | None) -> InputFile:
    """Read the lines. unit: what messages call one. sha256: of the file that they come from, if that is another."""
    starts, ends, ids, digest = array("q"), array("q"), array("q"), hashlib.sha256()
    end, numbered = 0, False
    for number in count(1):
        line = lines.readline(LONGEST_LINE + 1)
        if not line:
            break
        where = f"{path}, {unit} {number}"
        if sha256 is None:
            digest.update(line)
        row = _checked(where, line, alone=number == 1)
        name = row.get("id")
        if number == 1:
            numbered = "id" not in row
        if numbered != ("id" not in row):
            has, lacks = ("it has", "the first row has none") if numbered else ("it has no", "the first row has one")
            raise NorthstarError(f"{where}: {has} 'id', and {lacks}; give each row an id, or none.")
        if not numbered and (not isinstance(name, str | int) or isinstance(name, bool)):
            raise NorthstarError(f"{where}: its 'id' must be a text or a whole number, not {_shown(name)}.")
        if fault := check(row):
            raise NorthstarError(f"{where}: {fault}.")
        if not numbered:
            ids.append(hash(name))
        starts.append(end)
        end += len(line)
        ends.append(end)
    if not starts:
        raise NorthstarError(f"{path} has no rows.")
    found = InputFile(path, starts, ends, sha256 or digest.hexdigest())
    found.take(lines, numbered=numbered)
    _check_distinct(found, ids, unit)
    if limit is not None and limit < len(found):
        found.narrow(range(limit))
    return found


def _checked(where: str, line: bytes, *, alone: bool) -> Row:
    """Return a line's row. alone: it is the first, by which a file that has no lines is told."""
    if len(line) > LONGEST_LINE:
        raise NorthstarError(f"{where}: longer than {LONGEST_LINE >> 20} MiB; each row is a line of its own.")
    if not line.strip():
        raise NorthstarError(f"{where}: the line is empty; remove it.")
    try:
        row = parsed(line, _decode)
        check_depth(row, line)
    except Malformed as error:
        hint = ""
        if alone and line.strip()[:1] in (b"[", b"{") and len(line.strip()) == 1:
            hint = " This looks like one JSON value over many lines: write each row on a line of its own."
        raise NorthstarError(f"{where}: not a JSON object ({error}).{hint}") from None
    return row


def _check_distinct(file: InputFile, ids: array[int], unit: str) -> None:
    """Raise NorthstarError for two rows of one id; only rows whose ids' hashes agree are read again."""
    if not ids:
        return
    hashes = np.frombuffer(ids, np.int64)
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    twice: list[tuple[int, int, Any]] = []
    for place in same.tolist():
        first, second = int(order[place]), int(order[place + 1])
        if (name := file.row(second)["id"]) == file.row(first)["id"]:
            twice.append((second, first, name))
    if twice:
        second, first, name = min(twice)
        raise NorthstarError(
            f"{file.path}, {unit} {second + 1}: its id {_shown(name)} is also that of {unit} {first + 1}; ids must be "
            "unique."
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
