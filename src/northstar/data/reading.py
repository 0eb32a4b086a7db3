"""Reads the records of a source file of any supported format, one at a time."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.data.columns import read_columns
from northstar.data.source import Line


def read_records(file: Path | Traversable, where: str) -> Iterator[Line]:
    """Yield the records of a .jsonl, .json (a list), .csv, .parquet or .arrow file; only .json is read whole.

    Args:
        file: The file.
        where: What messages call it; its ending tells the format.

    Raises:
        NorthstarError: The file is malformed. The message gives a record's position, never its content.
    """
    try:
        if where.endswith((".parquet", ".arrow")):
            yield from read_columns(file, where)
        elif where.endswith(".csv"):
            yield from _csv(file, where)
        elif where.endswith(".json"):
            yield from _list(file, where)
        else:
            yield from _lines(file, where)
    except OSError as error:
        raise NorthstarError(f"{where} cannot be read ({error.strerror or error}).") from None


def _list(file: Path | Traversable, where: str) -> list[Line]:
    try:
        found = parsed(file.read_bytes(), json.loads)
    except Malformed as error:
        raise NorthstarError(f"{where}: not JSON ({error}).") from None
    if not isinstance(found, list):
        raise NorthstarError(f"{where}: not a list of records, but {type(found).__name__}.")
    return found


def _csv(file: Path | Traversable, where: str) -> Iterator[Line]:
    csv.field_size_limit(sys.maxsize)  # the default, 128 KB, is too small for a problem with its tests
    with file.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        try:
            for record in reader:
                if None in record:
                    raise csv.Error(f"it has more fields than the header's {len(reader.fieldnames or ())}")
                yield record
        except csv.Error as error:
            raise NorthstarError(f"{where}, line {reader.line_num}: malformed CSV ({error}).") from None
        except UnicodeDecodeError:
            line = _first_not_utf8(file)
            raise NorthstarError(f"{where}, line {line}: it is not UTF-8; save the file as UTF-8.") from None


def _first_not_utf8(file: Path | Traversable) -> int:
    """Return the number of the first line, from 1, that is not UTF-8; the text reader has read past it."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _lines(file: Path | Traversable, where: str) -> Iterator[Line]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip():
                    yield parsed(line, json.loads)
            except Malformed as error:
                raise NorthstarError(f"{where}, line {number}: not JSON ({error}).") from None
