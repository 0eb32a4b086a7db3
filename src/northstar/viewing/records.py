"""Reads one generation as a record, of an output or of a journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.core.regular import check_regular
from northstar.pages.sample import OWN_FIELDS
from northstar.results import journal_line
from northstar.results.outputs import record
from northstar.viewing.grid import Where

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_record(where: Where, row: Row) -> dict[str, Any]:
    """Return a generation as a record.

    Args:
        where: Its place.
        row: The row's own fields, for a journal, which has none.

    Raises:
        NorthstarError: Its file has changed in the meantime, or is damaged there.
    """
    try:
        if not where.is_journal:
            return _decode(read_line(where.path, where.start, where.size))
        generation = journal_line.whole(read_line(where.path, where.start, where.size)).generation
        grade: dict[str, Any] | None = {}
        if where.grade_start >= 0:
            grade = journal_line.whole(read_line(where.path, where.grade_start, where.grade_size)).grade
        if generation is None or grade is None:
            raise ValueError("it has another line there")
        return msgspec.to_builtins(record(row, generation, grade))  # type: ignore[no-any-return]
    except FileNotFoundError:
        raise NorthstarError(f"{where.path.name} has just been replaced; reload the page.") from None
    except OSError as error:
        raise NorthstarError(f"{where.path.name} cannot be read: {error.strerror}.") from None
    except journal_line.DAMAGE as error:
        raise NorthstarError(f"{where.path.name} has changed, or is damaged, at this record ({error}).") from None


def read_line(path: Path, start: int, size: int) -> bytes:
    """Return a line without its end. Raises OSError, NorthstarError."""
    check_regular(path)
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts, end = [], start + size
        while start < end and (part := os.pread(file, end - start, start)):
            parts.append(part)
            start += len(part)
    finally:
        os.close(file)
    return b"".join(parts).rstrip(b"\r\n")


def row_of(found: dict[str, Any]) -> Row:
    """Return the row's own fields of a record."""
    return {name: value for name, value in found.items() if name not in OWN_FIELDS}
