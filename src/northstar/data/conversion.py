"""Converts the records of a source file to a split's rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.core.parsing import check_depth
from northstar.core.records import Row
from northstar.data.attachments import Attachment, Reference
from northstar.data.source import Line


class _LacksField(KeyError):
    """The record has no such field."""


class _Record(dict[str, Any]):
    """A record that tells a field that it lacks from any other key that is missing."""

    def __missing__(self, name: str) -> Any:
        raise _LacksField(name)


def convert(
    records: Iterable[Line],
    where: str,
    to_row: Callable[[Line, int], Row | None],
    *,
    ids_may_repeat: bool = False,
    seen: dict[str | int, int] | None = None,
    attach: Callable[[Attachment], Reference] | None = None,
) -> Iterator[bytes]:
    """Yield each row as a line of JSON.

    Args:
        records: The source file's records.
        where: What messages call the source.
        to_row: Makes a row from a record and its position; returns None to leave the record out.
        ids_may_repeat: Rename repeated ids to "<id>-2", … instead of raising.
        seen: How often each id occurred in earlier files of the split; updated. If given, there may be no rows.
        attach: Stores an attachment and returns the row's reference to it.

    Raises:
        NorthstarError: A record is malformed (the message gives its position), an id repeats, or there are no rows.
    """
    may_be_none = seen is not None
    seen = {} if seen is None else seen
    for place, record in enumerate(records):
        try:
            row = to_row(_Record(record) if isinstance(record, dict) else record, place)
            if row is None:
                continue
            name = row["id"]
            times = seen[name] = seen.get(name, 0) + 1
            if ids_may_repeat and times > 1:
                row = {**row, "id": f"{name}-{times}"}
                seen[row["id"]] = 1
            line = _line(row, attach)
        except _LacksField as lacking:
            raise NorthstarError(f"{where}, record {place + 1}: it has no {lacking}.") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            raise NorthstarError(
                f"{where}, record {place + 1}: not as expected ({type(error).__name__}: {error})."
            ) from None
        if times > 1 and not ids_may_repeat:
            raise NorthstarError(f"{where}, record {place + 1}: an earlier record has the same id {name!r}.")
        yield line
    if not seen and not may_be_none:
        raise NorthstarError(f"{where} has no rows for this split.")


def _line(row: Row, attach: Callable[[Attachment], Reference] | None) -> bytes:
    """Encode a row. Raises ValueError for what other programs cannot read, TypeError for what JSON cannot hold."""
    line = json.dumps(row, ensure_ascii=False, default=partial(_attached, attach), allow_nan=False).encode() + b"\n"
    check_depth(row, line)
    return line


def _attached(attach: Callable[[Attachment], Reference] | None, value: object) -> Reference:
    if attach is None or not isinstance(value, Attachment):
        raise TypeError(f"a row cannot hold a {type(value).__name__}")
    return attach(value)
