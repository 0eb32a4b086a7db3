"""CSV: a file of records for each benchmark, and one of all numbers, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from northstar.core.atomic import whole_file
from northstar.exporting.columns import cells_of, columns_of
from northstar.exporting.exported import Run
from northstar.exporting.numbers import numbers_of
from northstar.reports.table import without_formula

_NUMBERS = ("benchmark", "subset", "judge", "mode", "metric", "value")


def write_csv(run: Run, folder: Path) -> list[Path]:
    """Write BENCHMARK.csv for each benchmark with records, and metrics.csv; return the files."""
    files: list[Path] = []
    for part in run.parts:
        if part.files:
            columns = columns_of(part)
            lines = (cells_of(seed, record, columns) for seed, record in part.records())
            files.append(_write(folder / f"{part.name}.csv", list(columns), lines))
    numbers = (asdict(each) for each in numbers_of(run))
    return [*files, _write(folder / "metrics.csv", _NUMBERS, numbers)]


def _write(path: Path, header: Sequence[str], lines: Iterable[dict[str, Any]]) -> Path:
    """Quote every cell: where a spreadsheet splits at another sign, a cell still can't begin in the middle of one."""
    with whole_file(path) as raw:
        file = io.TextIOWrapper(raw, "utf-8", newline="", write_through=False)
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow([without_formula(name) for name in header])
        for line in lines:
            writer.writerow([_cell(line[name]) for name in header])
        file.flush()
        file.detach()
    return path


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return without_formula(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
