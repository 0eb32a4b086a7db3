"""`ns compare`: the difference between runs, paired by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from northstar.comparison.named_run import NamedRun, run_named, with_regrading
from northstar.comparison.settings import Differences, differences
from northstar.comparison.side import Side, common_rows, read_side
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.paths import AnyPath
from northstar.metrics.row_means import RowMean
from northstar.reports.answers import Reason
from northstar.reports.summarize import benchmark_folders
from northstar.statistics.paired import PairedDifference, paired_difference


@dataclass(frozen=True)
class ComparedMetric:
    """One metric over the rows that both runs have; means are fractions."""

    name: str
    first: float
    second: float
    paired: PairedDifference


@dataclass(frozen=True)
class Facts:
    """What else can change between two runs: over all their generations.

    Attributes:
        tokens: Mean generated tokens; None where the server counts none.
        seconds: With a request in flight; None where no times are known.
        no_answer: The share of generations without an answer; None where the benchmark has none.
        cut_off: Generations that ended at the limit of tokens.
    """

    seeds: int
    tokens: float | None
    seconds: int | None
    no_answer: float | None
    cut_off: int


@dataclass(frozen=True)
class Comparison:
    """Two runs' results of one benchmark.

    Attributes:
        runs: Their names.
        main: The first run's main metric.
        metrics: Those that both have, in the first's order.
        flips: Row id → the second run's main score less the first's, where they differ; the largest first.
        only: For each run the ids of the rows that the other lacks.
        facts: For each run.
        settings: What they differ in.
        notes: What is not counted.
    """

    benchmark: str
    runs: tuple[str, str]
    main: str
    metrics: tuple[ComparedMetric, ...]
    flips: Mapping[str, float]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    facts: tuple[Facts, Facts]
    settings: Differences
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        return self.metrics[0].paired.rows


@dataclass(frozen=True)
class Compared:
    """The first run beside each of the others.

    Attributes:
        each: A comparison for each benchmark that two runs have in common.
        lacking: (run, benchmark) for each benchmark that this run lacks and the other one has.
    """

    each: tuple[Comparison, ...]
    lacking: tuple[tuple[str, str], ...] = ()


def compare(
    paths: Sequence[AnyPath],
    *,
    benchmarks: str | Sequence[str] | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
) -> Compared:
    """Compare the first run with each of the others, benchmark by benchmark.

    Args:
        paths: Output folders, two or more; OUT@NAME for the grades that `ns regrade` made under that name.
        benchmarks: Only these.
        extra_benchmarks: Files with your own benchmarks.

    Raises:
        UsageError: There is one path, or one twice, or a benchmark or regrading that a run lacks is asked for by name.
        NorthstarError: The runs have no benchmark in common, or results cannot be read.
    """
    if len(paths) < 2:
        raise UsageError("ns compare needs two runs or more: ns compare BASE NEW.")
    wanted = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    names = run_names([str(path) for path in paths])
    extra = [Path(path).expanduser().absolute() for path in extra_benchmarks]
    runs = [run_named(path) for path in paths]
    folders = [_folders_by_benchmark(run, wanted) for run in runs]
    bases: dict[str, Side] = {}
    found: list[Comparison] = []
    lacking: list[tuple[str, str]] = []
    for other in range(1, len(paths)):
        common = [name for name in folders[0] if name in folders[other]]
        if not common:
            raise NorthstarError(
                f"{names[0]} and {names[other]} have no benchmark in common: {', '.join(folders[0])} in the first, "
                f"{', '.join(folders[other])} in the other."
            )
        lacking += [(names[other], name) for name in folders[0] if name not in common]
        lacking += [(names[0], name) for name in folders[other] if name not in common]
        for name in common:
            if name not in bases:
                bases[name] = read_side(names[0], folders[0][name], extra, runs[0].regrading)
            second = read_side(names[other], folders[other][name], extra, runs[other].regrading)
            found.append(compare_sides(name, bases[name], second))
    return Compared(tuple(found), tuple(dict.fromkeys(lacking)))


def compare_sides(benchmark: str, first: Side, second: Side) -> Comparison:
    """Pair two runs' rows by id and compare their metrics. Raises NorthstarError if they have no row in common."""
    here, there = common_rows(first, second)
    if not len(here):
        raise NorthstarError(f"{first.run} and {second.run} have no row of {benchmark} in common.")
    firsts, seconds = first.row_means(here), second.row_means(there)
    names = [name for name in firsts if name in seconds]
    if not names:
        raise NorthstarError(f"{first.run} and {second.run} have no metric of {benchmark} in common.")
    metrics = tuple(_compared(name, firsts[name], seconds[name]) for name in names)
    moved = seconds[names[0]].values.mean(axis=1) - firsts[names[0]].values.mean(axis=1)
    ids = [str(first.results.ids[row]) for row in here]
    order = sorted(np.flatnonzero(moved), key=lambda row: -abs(moved[row]))
    return Comparison(
        benchmark,
        (first.run, second.run),
        next(iter(firsts)),
        metrics,
        {ids[row]: float(moved[row]) for row in order},
        (_without(first, set(ids)), _without(second, set(ids))),
        (_facts(first), _facts(second)),
        differences(first, second),
        tuple(f"{side.run}: {note}" for side in (first, second) for note in side.uncounted),
    )


def _compared(name: str, first: RowMean, second: RowMean) -> ComparedMetric:
    weights = np.ones(len(first.values)) if first.weights is None else first.weights
    mine = weights > 0  # a category's metric is of its own rows alone
    paired = paired_difference(first.values[mine], second.values[mine], weights[mine])
    means = [float(np.average(each.values[mine].mean(axis=1), weights=weights[mine])) for each in (first, second)]
    return ComparedMetric(name, means[0], means[1], paired)


def _without(side: Side, common: set[str]) -> tuple[str, ...]:
    return tuple(str(name) for name in side.results.ids if str(name) not in common)


def _facts(side: Side) -> Facts:
    scores, reasons = side.scores, side.results.answers.reasons
    counts = scores.counts(scores.k)
    return Facts(
        seeds=scores.k,
        tokens=counts["avg_tokens"],
        seconds=counts["gen_seconds"],
        no_answer=None if scores.answers is None else float((scores.answers < 0).mean()),
        cut_off=sum(reasons[reason] for reason in _CUT_OFF),
    )


_CUT_OFF = (Reason.REASONING_CUT, Reason.CUT_BEFORE_TEXT, Reason.CUT_OFF)


def _folders_by_benchmark(run: NamedRun, wanted: Sequence[str] | None) -> dict[str, Path]:
    names = None if wanted is None else [name.strip() for name in wanted]
    found = {folder.name: folder for folder in benchmark_folders(run.path, names)}
    return with_regrading(run, found) if run.regrading else found


def run_names(paths: Sequence[str]) -> list[str]:
    """Return the paths' last parts, or the paths themselves where these are the same.

    Raises UsageError for a folder that is named twice.
    """
    places = [Path(path).expanduser().resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{path} is named twice; it can't be compared with itself.")
    short = [Path(path).expanduser().absolute().name for path in paths]
    return short if len(set(short)) == len(short) else list(paths)
