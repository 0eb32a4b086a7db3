"""The columns of a table of records: their names, and the one type that all values of each have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

import msgspec

from northstar.exporting.exported import Part

_FITS = 1 << 63
SEED = "seed"
_encode = msgspec.json.Encoder().encode


class Kind(Enum):
    """The type of a column."""

    BOOL = "true or false"
    INT = "whole numbers"
    FLOAT = "numbers"
    TEXT = "texts"
    JSON = "lists, objects, or values of several types, each as JSON"


def columns_of(part: Part) -> dict[str, Kind]:
    """Read all records and return their columns in the order in which they first occur; the seed comes first."""
    found: dict[str, set[Kind]] = {}
    for _, record in part.records():
        for name, value in record.items():
            kinds = found.setdefault(name, set())
            if value is not None:
                kinds.add(_kind(value))
    return {SEED: Kind.INT, **{_free(name): _common(kinds) for name, kinds in found.items()}}


def cells_of(seed: int | None, record: dict[str, Any], columns: dict[str, Kind]) -> dict[str, Any]:
    """Return a record as a line of the table: a value for each column, None where it has none."""
    named = {SEED: seed, **{_free(name): value for name, value in record.items()}}
    return {name: _cell(named.get(name), kind) for name, kind in columns.items()}


def _free(name: str) -> str:
    """Return the column of a field: a row may have a field with the name of our own."""
    return f"row.{name}" if name == SEED else name


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT if -_FITS <= value < _FITS else Kind.JSON
    if isinstance(value, float):
        return Kind.FLOAT
    return Kind.TEXT if isinstance(value, str) else Kind.JSON


def _common(kinds: Iterable[Kind]) -> Kind:
    unique = set(kinds)
    if len(unique) == 1:
        return unique.pop()
    if not unique:
        return Kind.TEXT
    return Kind.FLOAT if unique == {Kind.INT, Kind.FLOAT} else Kind.JSON


def _cell(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind is Kind.JSON:
        return _encode(value).decode()
    return float(value) if kind is Kind.FLOAT else value
