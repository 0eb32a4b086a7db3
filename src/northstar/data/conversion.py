"""From the records of a source file to a split's rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from northstar.core.errors import NorthstarError
from northstar.core.parsing import check_depth
from northstar.core.records import Row
from northstar.data.attachments import Attachment, Reference
from northstar.data.source import Line


def convert(
    records: Iterable[Line],
    where: str,
    to_row: Callable[[Line, int], Row | None],
    *,
    ids_may_repeat: bool = False,
    seen: dict[str | int, int] | None = None,
    attach: Callable[[Attachment], Reference] | None = None,
) -> Iterator[bytes]:
    """Each row as a line of JSON; records of which `to_row` makes None are left out.

    seen: how often each id was there, where these are not the first rows of a split; then they may be none. attach:
    keeps an attachment and gives what the row says instead.

    Raises NorthstarError that names the record, by its place, that isn't what it should be, or when there is no row.
    """
    may_be_none = seen is not None
    seen = {} if seen is None else seen
    for place, record in enumerate(records):
        try:
            row = to_row(record, place)
            if row is None:
                continue
            name = row["id"]
            times = seen[name] = seen.get(name, 0) + 1
            if ids_may_repeat and times > 1:
                row = {**row, "id": f"{name}-{times}"}
                seen[row["id"]] = 1
            line = _line(row, attach)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            raise NorthstarError(
                f"{where}, record {place + 1}: not as expected ({type(error).__name__}: {error})."
            ) from None
        if times > 1 and not ids_may_repeat:
            raise NorthstarError(f"{where}, record {place + 1}: the id {name!r} was there before.")
        yield line
    if not seen and not may_be_none:
        raise NorthstarError(f"{where} holds no rows for this split.")


def _line(row: Row, attach: Callable[[Attachment], Reference] | None) -> bytes:
    """Raises ValueError for what no other program could read again, TypeError for what JSON has no form for."""
    line = json.dumps(row, ensure_ascii=False, default=partial(_attached, attach), allow_nan=False).encode() + b"\n"
    check_depth(row, line)
    return line


def _attached(attach: Callable[[Attachment], Reference] | None, value: object) -> Reference:
    if attach is None or not isinstance(value, Attachment):
        raise TypeError(f"a {type(value).__name__} is nothing that a row can hold")
    return attach(value)
