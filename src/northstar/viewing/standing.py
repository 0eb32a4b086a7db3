"""What the overview says beside its counts: the tables of metrics.json, why generations failed, and the GPU hours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.regular import read_whole
from northstar.costs.hours import HoursSpent, hours_spent
from northstar.costs.times import answer_times
from northstar.metrics.answers import AnswerMetrics
from northstar.metrics.categories import CategoryMetrics
from northstar.pages.verdict import Verdict
from northstar.reports.error_kinds import kind_of
from northstar.reports.summary import Shown
from northstar.reports.table import Cells
from northstar.results.layout import RUN_JSON, metrics_path, results_folder
from northstar.results.run_json import read_run_json
from northstar.task.metrics import Metrics
from northstar.viewing.grid import ABSENT, Grid
from northstar.viewing.records import read_record

_MOST_ERRORS = 200
"""Errors that are read to tell their kinds."""
_LARGEST = 64 << 20
_AVERAGE = re.compile(r"pass@1\[avg-of-(\d{1,6})\]")


def tables_of(output_dir: Path, extra: Sequence[Path] = ()) -> list[tuple[str, Cells]]:
    """Return title and cells of each benchmark's table, as ns summarize_results last wrote it; [] before it has."""
    path = metrics_path(results_folder(output_dir))
    found: list[tuple[str, Cells]] = []
    with suppress(OSError, Malformed, NorthstarError):
        if path.stat().st_size > _LARGEST or not path.resolve().is_relative_to(output_dir.resolve()):
            return []
        content = parsed_json(read_whole(path))
        for name, modes in content.items() if isinstance(content, dict) else ():
            with suppress(KeyError, TypeError, ValueError, AttributeError, NorthstarError):  # of another version
                found += _table(str(name), modes, extra).items()
    return found


def _table(benchmark: str, modes: Mapping[str, Any], extra: Sequence[Path]) -> dict[str, Cells]:
    known = find_known(benchmark, extra)
    metrics: Metrics = AnswerMetrics("symbolic_correct") if known is None else known.metrics
    counts = [int(match[1]) for mode in modes if (match := _AVERAGE.fullmatch(mode))]
    lines = [mode for mode in metrics.shown(max(counts, default=1)) if mode in modes] or [
        mode for mode in modes if mode.startswith(("pass@", "majority@"))
    ]
    by_category = metrics if isinstance(metrics, CategoryMetrics) else None
    return Shown(modes, lines, by_category=by_category).tables(benchmark, verbose=False)


class Failure(NamedTuple):
    """A kind of error: how many generations have it, and where the first of them is."""

    benchmark: str
    kind: str
    many: str
    row: int
    column: int


def failures_of(benchmark: str, grid: Grid) -> list[Failure]:
    """Return the kinds of errors in place of answers, the most frequent first; of many the first are read."""
    places = np.argwhere(grid.verdicts == Verdict.ERROR)
    kinds: dict[str, tuple[str, list[tuple[int, int]]]] = {}
    for row, column in places[:_MOST_ERRORS]:
        with suppress(NorthstarError):
            if (where := grid.where(int(row), int(column))) is not None:
                error = " ".join(str(read_record(where, {}).get("error") or "").split())[:400]
                kinds.setdefault(kind_of(error), (error, []))[1].append((int(row), int(column)))
    beyond = " of the first 200" if len(places) > _MOST_ERRORS else ""
    ordered = sorted(kinds.values(), key=lambda each: -len(each[1]))
    return [Failure(benchmark, error, f"{len(at)}{beyond}", *at[0]) for error, at in ordered]


def hours_of(output_dir: Path, changed: int, grids: Sequence[Grid]) -> HoursSpent | None:
    """Return what the servers of a run were held for, by all its generations and its run.json as `changed` last.

    None if no server was asked, or there is no run.json (0).
    """
    if not changed:
        return None
    starts, ends = (
        np.concatenate([np.zeros(0), *(grid.of_entries(name)[grid.verdicts != ABSENT] for grid in grids)])
        for name in ("began", "ended")
    )
    try:
        runs = read_run_json(output_dir / RUN_JSON).get("runs", [])
    except NorthstarError as error:
        return HoursSpent("GPU hours", [], [str(error)])
    return hours_spent(runs, answer_times(starts, ends, unread=sum(grid.damaged for grid in grids)))
