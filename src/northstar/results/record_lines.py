"""Reads a line of an output or of judgements strictly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed

_Record = TypeVar("_Record")


def parsed_record(path: Path, number: int, line: bytes, decode: Callable[[bytes], _Record]) -> _Record:
    """Decode line `number`, from 1, of an output or of judgements. Raises NorthstarError that names it."""
    try:
        return parsed(line, decode)
    except Malformed as error:
        raise NorthstarError(
            f"{path}, line {number}: not a record ({error}). Restore the file, or move it away and run the same "
            "command again to ask its rows again."
        ) from None
