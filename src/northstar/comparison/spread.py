"""How noisy the mean of each benchmark is, and what a seed of it costs: from a run, or from published values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from northstar.benchmarks.registry import find_benchmark, find_known
from northstar.comparison.published import Published
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.regular import is_there
from northstar.data.folder import split_path
from northstar.metrics.row_means import RowMean
from northstar.metrics.scores import Scores
from northstar.metrics.spans import seconds, union
from northstar.reports.summarize import benchmark_folders
from northstar.reports.summing import counted_results
from northstar.results.layout import RUN_JSON, output_dir_of
from northstar.results.run_json import ran_at_the_same_time, read_run_json
from northstar.results.state import find_outputs
from northstar.statistics.stopping import variance_to_use


@dataclass(frozen=True)
class Spread:
    """The noise of a benchmark's main score, and the cost of a seed.

    Attributes:
        rows: The number of rows.
        k: Generations a row that a run has; 0 without one.
        w: The variance of a generation's score around its row's rate, or what it is at most.
        tokens: Generated tokens of one seed; None if nobody knows.
        tokens_per_second: Of the server of the run that w comes from; None where it is not known.
        notes: What to know of w, in sentences.
    """

    benchmark: str
    score: str
    rows: int
    k: int
    w: float
    tokens: float | None = None
    tokens_per_second: float | None = None
    notes: tuple[str, ...] = ()


def spreads_of(output_dir: Path, wanted: Sequence[str] | None, extra: Sequence[Path]) -> list[Spread]:
    """Return the spread of each benchmark with complete outputs.

    Args:
        output_dir: The output folder.
        wanted: Only these, in this order; None for all.
        extra: Files of one's own benchmarks.

    Raises:
        UsageError: There is no such folder, or no such benchmark in it.
        NorthstarError: There are no complete outputs, or one is damaged.
    """
    left_out: list[str] = []
    found = [_of_folder(folder, extra, left_out) for folder in benchmark_folders(output_dir, wanted)]
    if not (spreads := [each for each in found if each is not None]):
        raise NorthstarError(f"{output_dir} has no complete output to plan from; the same ns eval goes on with it.")
    return [replace(spreads[0], notes=(*left_out, *spreads[0].notes)), *spreads[1:]]


def _of_folder(folder: Path, extra: Sequence[Path], left_out: list[str]) -> Spread | None:
    """Return the spread of a benchmark; None without a complete output. left_out: gets a sentence for what is not."""
    outputs = find_outputs(folder)
    uncounted = [*outputs.notes]
    files = outputs.counted
    by_judge = counted_results(folder, files, find_known(folder.name, extra), None, uncounted) if files else {}
    left_out += [f"{folder.name}: {note}" for note in uncounted]
    if not by_judge:
        return None
    counted = next(iter(by_judge.values()))
    scores = counted.results.scores
    score, mean = next(iter(counted.metrics.row_means(scores).items()))
    w, notes = _variance(folder.name, mean)
    tokens, speed = _cost(scores)
    if speed is not None and _by_several_servers(folder):
        speed = None
        notes += (f"{folder.name}: its jobs ran at the same time, so that the speed of one server can't be told.",)
    return Spread(folder.name, score, scores.rows, scores.k, w, tokens, speed, notes)


def _variance(name: str, mean: RowMean) -> tuple[float, tuple[str, ...]]:
    """Return w, and what to know of it."""
    rows, k = mean.values.shape
    w, all_agree = variance_to_use(mean.values, mean.weights)
    notes = [f"{name} has a single row: what is planned tells about that row alone."] if rows == 1 else []
    if k == 1:
        notes.append(
            f"{name}: one generation a row says nothing of its spread; m (1 - m), the most that it can be, is taken."
        )
    if all_agree:
        notes.append(
            f"{name}: the generations of each row agree, of which {rows * k:,} generations cannot be certain; it is "
            "planned as if four more had disagreed."
        )
    return w, tuple(notes)


def _by_several_servers(folder: Path) -> bool:
    """Whether several runs, each with its server, worked on this benchmark at the same time."""
    output_dir = output_dir_of(folder)
    runs: list[Any] = [] if output_dir is None else read_run_json(output_dir / RUN_JSON).get("runs", [])
    return ran_at_the_same_time([run for run in runs if _asks(run, folder.name)])


def _asks(run: Mapping[str, Any], benchmark: str) -> bool:
    """Whether a run of run.json asks this benchmark; one that doesn't say may."""
    try:
        return any(part["name"] == benchmark for part in run["plan"]["generate"]["benchmarks"])
    except (KeyError, TypeError):
        return True


def _cost(scores: Scores) -> tuple[float | None, float | None]:
    """Return the tokens of a seed, and tokens a second."""
    known = scores.tokens[~np.isnan(scores.tokens)]
    if not len(known):
        return None, None
    busy = seconds(union(scores.busy))
    return float(known.mean()) * scores.rows, float(known.sum()) / busy if busy > 0 else None


def published_spreads(
    published: Mapping[str, Published],
    wanted: Collection[str] | None,
    data_dir: Path,
    extra: Sequence[Path],
    tokens: float | None,
) -> list[Spread]:
    """Return the spread of benchmarks that nobody has run here, at the most that published values allow.

    Args:
        published: Benchmark → value.
        wanted: Only these; None for all.
        data_dir: Where prepared rows lie, which are counted.
        extra: Files of one's own benchmarks.
        tokens: Generated tokens of a generation, if known.

    Raises:
        UsageError: There is no such benchmark, or its rows are not prepared.
    """
    found: list[Spread] = []
    for name, value in published.items():
        if wanted is not None and name not in wanted:
            continue
        benchmark = find_benchmark(name, extra)
        path = split_path(data_dir, benchmark.whole_name, benchmark.splits.default)
        if not is_there(path):
            raise UsageError(
                f"{name} is not prepared in {data_dir}, so its rows can't be counted: ns prepare_data {name}."
            )
        with path.open("rb") as lines:
            rows = sum(1 for _ in lines)
        note = f"{name}: its spread is taken at the most that its published value allows."
        found.append(
            Spread(
                name,
                benchmark.metrics.live_score,
                rows,
                0,
                value.most,
                None if tokens is None else tokens * rows,
                notes=(note,),
            )
        )
    return found
