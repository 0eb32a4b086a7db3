"""Reads the lines of a foreign file, each bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular
from northstar.importing.found import malformed

LONGEST_LINE = 64 << 20
"""Bytes. A hundred answers of 100,000 tokens are 40 MB."""

_Record = TypeVar("_Record")


def records(path: Path, decode: Callable[[bytes], _Record]) -> Iterator[tuple[str, _Record]]:
    """Yield the place and the record of each line; blank lines are skipped. Raises NorthstarError."""
    check_regular(path)
    try:
        with path.open("rb", buffering=1 << 20) as file:
            for number in count(1):
                line = file.readline(LONGEST_LINE + 1)
                if not line:
                    return
                place = f"line {number}"
                if len(line) > LONGEST_LINE:
                    raise malformed(path, place, f"longer than {LONGEST_LINE >> 20} MiB")
                if line.strip():
                    yield place, _parsed(path, place, line, decode)
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None


def _parsed(path: Path, place: str, line: bytes, decode: Callable[[bytes], _Record]) -> _Record:
    try:
        return parsed(line, decode)
    except Malformed as error:
        raise malformed(path, place, error) from None
