"""Parquet: a file of records for each benchmark, and one of all numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from northstar.core.atomic import whole_file
from northstar.exporting.columns import Kind, cells_of, columns_of
from northstar.exporting.exported import Part, Run
from northstar.exporting.numbers import numbers_of

GROUP_CHARACTERS, GROUP_ROWS = 16 << 20, 8192
"""Where a group of rows ends, so that memory stays bounded."""


def write_parquet(run: Run, folder: Path) -> list[Path]:
    """Write BENCHMARK.parquet for each benchmark with records, and metrics.parquet; return the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = [write_records(part, folder / f"{part.name}.parquet") for part in run.parts if part.files]
    numbers = folder / "metrics.parquet"
    fields = ("benchmark", "subset", "judge", "mode", "metric")
    schema = pa.schema([*((name, pa.string()) for name in fields), ("value", pa.float64())])
    with whole_file(numbers) as file:
        pq.write_table(pa.Table.from_pylist([asdict(each) for each in numbers_of(run)], schema), file)
    return [*files, numbers]


def write_records(part: Part, path: Path) -> Path:
    """Write the records of one benchmark, all seeds after each other. Reads them twice: first for their types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = columns_of(part)
    types = {
        Kind.BOOL: pa.bool_(),
        Kind.INT: pa.int64(),
        Kind.FLOAT: pa.float64(),
        Kind.TEXT: pa.string(),
        Kind.JSON: pa.string(),
    }
    schema = pa.schema(
        [pa.field(name, types[kind], metadata={"holds": kind.value}) for name, kind in columns.items()],
        metadata={"benchmark": part.name, "written_by": "northstar"},
    )
    with whole_file(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for lines in _groups(part, columns):
            writer.write_table(pa.Table.from_pylist(lines, schema))
    return path


def _groups(part: Part, columns: dict[str, Kind]) -> Iterator[list[dict[str, Any]]]:
    lines: list[dict[str, Any]] = []
    characters = 0
    for seed, record in part.records():
        lines.append(cells_of(seed, record, columns))
        characters += sum(len(value) for value in lines[-1].values() if isinstance(value, str))
        if characters > GROUP_CHARACTERS or len(lines) >= GROUP_ROWS:
            yield lines
            lines, characters = [], 0
    if lines:
        yield lines
