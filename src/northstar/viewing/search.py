"""Searches the texts of a benchmark's records: in the files' bytes first, so that only what may match is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from northstar.core.clock import monotonic
from northstar.viewing.grid import Grid, Part

SECONDS = 3.0
"""How long one search may take; its page then says how far it came."""
_BLOCK = 4 << 20


@dataclass(frozen=True)
class Found:
    """The rows in which a text stands; `searched` of the files' `bytes` were searched."""

    rows: Set[int]
    searched: int
    bytes: int

    @property
    def is_whole(self) -> bool:
        return self.searched >= self.bytes


def search(grid: Grid, text: str, seconds: float = SECONDS) -> Found:
    """Return the rows with a text in any value of a record, of any seed.

    A text without capitals matches in either case, as far as letters are ASCII.
    """
    until = monotonic() + seconds
    rows: set[int] = set()
    searched = 0
    for part in grid.parts:
        done = 0
        with suppress(OSError):  # a journal that has just become an output
            for row, reached in _in_file(part, text, until):
                done = reached
                if row >= 0:
                    rows.add(row)
        searched += done
        if monotonic() > until:
            break
    return Found(rows, searched, grid.bytes)


def _in_file(part: Part, text: str, until: float) -> Iterator[tuple[int, int]]:
    """Yield each row with the text (-1: none, at a block's end) and how many bytes are searched."""
    exact = text != text.lower()
    needle = msgspec.json.encode(text)[1:-1]
    starts, ends, rows = _lines(part)
    file = os.open(part.file.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        first = 0
        while first < len(starts) and monotonic() <= until:
            last = int(np.searchsorted(starts, starts[first] + _BLOCK, side="left"))  # a block of whole lines
            begin, end = int(starts[first]), int(ends[last - 1])
            block = os.pread(file, end - begin, begin)
            hay = block if exact else block.lower()
            place = hay.find(needle)
            while place >= 0:
                line = int(np.searchsorted(starts, begin + place, side="right")) - 1
                of_line = int(ends[line]) - begin
                if _holds(block[int(starts[line]) - begin : of_line], text, exact):
                    yield int(rows[line]), begin
                place = hay.find(needle, of_line)
            first = last
            yield -1, end
    finally:
        os.close(file)
    if first >= len(starts):
        yield -1, part.index.end


def _lines(part: Part) -> tuple[Any, Any, Any]:
    """Return start, end and row of each line with a record, or with a part of one, in the file's order."""
    entries = part.index.entries
    graded = entries[entries["grade_start"] >= 0]
    starts = np.concatenate([entries["start"], graded["grade_start"]])
    sizes = np.concatenate([entries["size"], graded["grade_size"]])
    rows = np.concatenate([entries["row"], graded["row"]]) + part.first_row
    order = np.argsort(starts, kind="stable")
    return starts[order], starts[order] + sizes[order], rows[order]


def _holds(line: bytes, text: str, exact: bool) -> bool:
    """Return whether a value of the line, and not only a field's name or another text's escapes, has the text."""
    with suppress(msgspec.DecodeError, ValueError, RecursionError):
        waiting: list[Any] = [msgspec.json.decode(line)]
        while waiting:
            each = waiting.pop()
            if isinstance(each, dict):
                waiting += [value for name, value in each.items() if name != "crc"]
            elif isinstance(each, list):
                waiting += each
            elif each is not None and text in (str(each) if exact else str(each).lower()):
                return True
    return False
