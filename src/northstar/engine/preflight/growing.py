"""Makes room in finished results for the rows that a run adds."""

from __future__ import annotations

from northstar.benchmarks.loading import open_rows
from northstar.core.text import counted
from northstar.engine.preflight.preflight import Ready
from northstar.results.growing import Growth, grow
from northstar.results.layout import benchmark_folder


def grow_results(ready: Ready) -> list[str]:
    """Turn results of fewer rows into journals of the rows that are asked now.

    Args:
        ready: The plan, after preflight; its folders exist.

    Returns:
        A sentence on each benchmark that grows.

    Raises:
        NorthstarError: Another process writes there, or a file is damaged.
    """
    notes: list[str] = []
    for part in ready.loaded:
        if (rows := ready.grown.get(part.name)) is None:
            continue
        before = open_rows(part.benchmark, part.plan.split, ready.generate.data_dir, rows)
        try:
            growth = Growth(part.name, part.plan.seeds[0] is None, before, part.rows)
            grow(benchmark_folder(ready.plan.output_dir, part.name), growth)
        finally:
            before.close()
        notes.append(f"{part.name}: {counted(rows, 'row')} are kept, {len(part.rows) - rows} are new.")
    return notes
