"""Writes the outputs of `ns generate` as parquet, beside those of JSON lines."""

from __future__ import annotations

from pathlib import Path

from northstar.config.plan import Plan
from northstar.exporting.exported import Part
from northstar.exporting.parquet import write_records
from northstar.results.layout import benchmark_folder
from northstar.results.state import output_files


def write_parquet_outputs(plan: Plan) -> list[Path]:
    """Write output.parquet for each whole output that has none, or an older one; return those that were written.

    Raises:
        NorthstarError: An output is damaged, or there is no room.
    """
    written: list[Path] = []
    for part in () if plan.generate is None else plan.generate.benchmarks:
        if part.input is None or not part.input.parquet:
            continue
        for file in output_files(benchmark_folder(plan.output_dir, part.name)):
            target = file.path.with_suffix(".parquet")
            if file.is_whole and not _is_newer(target, file.path):
                written.append(write_records(Part(part.name, None, (file.path,), {}, {}), target))
    return written


def _is_newer(target: Path, source: Path) -> bool:
    try:
        return target.stat().st_mtime_ns >= source.stat().st_mtime_ns
    except FileNotFoundError:
        return False
