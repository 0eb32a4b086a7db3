"""Reads the records of parquet and Arrow files in batches."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.data.source import Line

BATCH = 64
"""Records in memory at once: a row of HLE with an image has a megabyte or more."""
MOST_BYTES = 1 << 26
"""About the most bytes of them: a conversation of MRCR has up to five megabytes."""


def read_columns(file: Path | Traversable, where: str) -> Iterator[Line]:
    """Yield the records of a file of columns, with times cut to Python's microseconds.

    Args:
        file: The file.
        where: What messages call it; one that ends in .arrow is a stream of Arrow, any other is parquet.

    Raises:
        NorthstarError: The file has another format, or has a value that Python cannot represent.
    """
    import pyarrow

    kind, read = ("Arrow" if where.endswith(".arrow") else "parquet"), 0
    try:
        with file.open("rb") as raw:
            for batch in _arrow(raw) if kind == "Arrow" else _parquet(raw):
                yield from _in_microseconds(batch).to_pylist()
                read += batch.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise NorthstarError(f"{where} cannot be read as {kind} ({error}).") from None
    except (ValueError, OverflowError) as error:  # a date after the year 9999, a text that is not UTF-8
        raise NorthstarError(
            f"{where}, records {read + 1} to {read + BATCH}: one of them cannot be read ({error})."
        ) from None


def _parquet(raw: Any) -> Iterator[Any]:
    from pyarrow import parquet

    # pre_buffer reads ahead without bound: a file of 275 MB would take 350 MB of memory instead of 130 MB.
    with parquet.ParquetFile(raw, pre_buffer=False, buffer_size=1 << 20) as source:
        groups = [source.metadata.row_group(number) for number in range(source.num_row_groups)]
        bytes_of_a_row = sum(group.total_byte_size for group in groups) // max(1, source.metadata.num_rows)
        yield from source.iter_batches(batch_size=max(1, min(BATCH, MOST_BYTES // max(1, bytes_of_a_row))))


def _arrow(raw: Any) -> Iterator[Any]:
    from pyarrow import ipc

    with ipc.open_stream(raw) as source:
        for batch in source:
            for start in range(0, batch.num_rows, BATCH):
                yield batch.slice(start, BATCH)


def _in_microseconds(batch: Any) -> Any:
    """Cut times in a batch to microseconds: Python has no nanoseconds, so reading them would fail or need pandas."""
    import pyarrow

    columns = [
        column.cast(_microseconds(column.type), safe=False) if _microseconds(column.type) != column.type else column
        for column in batch.columns
    ]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _microseconds(kind: Any) -> Any:
    """Return the type with nanoseconds replaced by microseconds, at any depth."""
    import pyarrow
    from pyarrow import types

    if types.is_timestamp(kind) and kind.unit == "ns":
        return pyarrow.timestamp("us", kind.tz)
    if types.is_time64(kind) and kind.unit == "ns":
        return pyarrow.time64("us")
    if types.is_duration(kind) and kind.unit == "ns":
        return pyarrow.duration("us")
    if types.is_list(kind):
        return pyarrow.list_(_microseconds(kind.value_type))
    if types.is_large_list(kind):
        return pyarrow.large_list(_microseconds(kind.value_type))
    if types.is_fixed_size_list(kind):
        return pyarrow.list_(_microseconds(kind.value_type), kind.list_size)
    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_microseconds(field.type)) for field in kind])
    if types.is_map(kind):
        return pyarrow.map_(_microseconds(kind.key_type), _microseconds(kind.item_type))
    return kind
