"""Whether a run agrees with what was published: a verdict for each value of a recipe's run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from northstar.benchmarks.metric_names import NO_ANSWER
from northstar.benchmarks.registry import find_benchmark
from northstar.comparison.side import Side, read_side
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.paths import AnyPath
from northstar.metrics.majority import majority_score
from northstar.metrics.pass_at_k import best_of, pass_at_k
from northstar.metrics.quantiles import holm, two_sided
from northstar.metrics.row_means import RowMean
from northstar.recipes.departures import departures_of
from northstar.recipes.reading import Chosen
from northstar.recipes.recipe import Asked, Mode, Published
from northstar.recipes.variances import Variances, variances_of_majority, variances_of_mean, variances_of_pass
from northstar.reports.summarize import benchmark_folders
from northstar.statistics.verdict import Difference, Finding, Verdict, settle
from northstar.task.benchmark import Benchmark

ALPHA = 0.05


@dataclass(frozen=True)
class Judged:
    """A published value and what a run has of it.

    Attributes:
        measured: A fraction; None if the run has no such number.
        k: The run's generations a row; 0 without any.
        difference: None where there is nothing to compare.
        verdict: The same.
        note: Why there is no verdict, or what to know of it.
    """

    benchmark: str
    published: Published
    measured: float | None = None
    k: int = 0
    difference: Difference | None = None
    verdict: Verdict | None = None
    note: str = ""


@dataclass(frozen=True)
class Verdicts:
    """The verdicts on a run.

    Attributes:
        recipe: NAME:run.
        margin: In points.
        notes: What is not counted, and where the run was asked otherwise than the recipe says.
    """

    recipe: str
    margin: float
    values: tuple[Judged, ...]
    notes: tuple[str, ...]


def judge_run(path: AnyPath, chosen: Chosen, *, margin: float = 1.0, extra: Sequence[Path] = ()) -> Verdicts:
    """Compare an output folder with what a recipe says was published.

    Args:
        path: The output folder.
        chosen: The recipe's run.
        margin: The largest difference that doesn't matter, in points.
        extra: Files of one's own benchmarks.

    Raises:
        UsageError: The margin is not above 0, or nothing was published of the recipe's run.
        NorthstarError: Results can't be read.
    """
    if not 0 < margin < 100:
        raise UsageError(f"--margin={margin:g} must be above 0 points and below 100.")
    if not chosen.run.published:
        raise UsageError(f"{chosen.name} has no published values; ns compare BASE NEW compares two runs.")
    folders = {folder.name: folder for folder in benchmark_folders(Path(path).expanduser().absolute(), None)}
    compared: list[Judged] = []
    uncounted: list[str] = []
    departing: dict[str, list[str]] = {}
    missing: list[str] = []
    cold = chosen.run.settings.inference.temperature == 0
    for name, asked in chosen.run.benchmarks.items():
        side = _side(str(path), folders, find_benchmark(name, extra), extra)
        if side is None:
            missing.append(name)
            continue
        uncounted += [f"{name}: {note}" for note in side.uncounted]
        for departure in departures_of(name, chosen.run, asked, side):
            departing.setdefault(departure, []).append(name)
        compared += [_compared(name, asked, value, side, cold=cold) for value in asked.published]
    if len(missing) == len(chosen.run.benchmarks):
        raise NorthstarError(f"{path} has none of the benchmarks of {chosen.name}: it has {', '.join(folders)}.")
    notes = [*uncounted, *(f"{', '.join(names)}: {departure}" for departure, names in departing.items())]
    if missing:
        notes.append(f"not run, of {chosen.name}: {', '.join(missing)}.")
    return Verdicts(chosen.name, margin, tuple(_settled(compared, margin / 100)), tuple(notes))


def _side(run: str, folders: Mapping[str, Path], benchmark: Benchmark, extra: Sequence[Path]) -> Side | None:
    """Return a run's results of a benchmark; None without any of its split.

    Those of a split that --split chose lie in the folder of the benchmark's own name.
    """
    for name in dict.fromkeys((benchmark.name, benchmark.unsplit_name)):
        if name in folders:
            side = read_side(run, folders[name], extra)
            of_default = benchmark.splits.default if name == benchmark.name else None
            if side.settings.get("split", of_default) == benchmark.splits.default:
                return side
    return None


def _settled(compared: Sequence[Judged], margin: float) -> list[Judged]:
    """Add the verdicts: the main ones are one family of tests, by Holm's procedure."""
    main = [place for place, each in enumerate(compared) if each.difference is not None and each.published.main]
    found = holm([each.difference.p for place in main if (each := compared[place]).difference is not None], ALPHA)
    levels = {place: level for place, (_, level) in zip(main, found, strict=True)}
    return [_with_verdict(each, margin, levels.get(place, ALPHA)) for place, each in enumerate(compared)]


def _with_verdict(each: Judged, margin: float, level: float) -> Judged:
    if each.difference is None:
        return each
    verdict = settle(each.difference, margin=margin, z=two_sided(level))
    if verdict.finding is Finding.TOO_FEW and each.published.mode is not Mode.PASS_1:
        # Of another k it would be another number.
        verdict = Verdict(Finding.UNSETTLEABLE, margin_to_agree=each.difference.margin_to_agree)
    return replace(each, verdict=verdict)


def _compared(name: str, asked: Asked, value: Published, side: Side, *, cold: bool) -> Judged:
    """Return a value beside the run's own, without a verdict yet. `cold`: it was published at temperature 0."""
    k = side.scores.k
    metric = _means(side).get(value.metric)
    if metric is None:
        return Judged(name, value, k=k, note=f"the run has no {value.metric}")
    rows = _entries(metric, side)
    if value.mode is not Mode.PASS_1 and k != value.k:
        return Judged(name, value, k=k, note=f"only {value.mode.of(value.k)} compares with it; the run has {k} seeds")
    measured = _measured(value, metric, side)
    if measured is None:
        return Judged(name, value, k=k, note=f"the run has no {value.mode.value} of it")
    if not value.match:
        return Judged(name, value, measured, k, note=f"not to be matched: {value.reason}")
    if rows != value.n:
        return Judged(name, value, measured, k, note=f"published of {value.n:,}, measured on {rows:,}")
    if value.mode is not Mode.PASS_1 and metric.weights is not None:
        return Judged(name, value, measured, k, note=f"the noise of {value.mode.value} of parts is not known")
    own, published, note = _variances(asked, value, metric, side, cold=cold)
    difference = Difference(measured - value.value / 100, own, published, k)
    return Judged(name, value, measured, k, difference, note=note)


def _variances(asked: Asked, value: Published, metric: RowMean, side: Side, *, cold: bool) -> Variances:
    if value.metric == NO_ANSWER and value.mode is not Mode.PASS_1:
        return variances_of_pass(value, metric.values < 1.0, cold=cold)
    if value.mode is Mode.MAJORITY:
        assert side.scores.answers is not None
        return variances_of_majority(value, side.scores.answers, metric.values, cold=cold)
    if value.mode is Mode.PASS_K:
        return variances_of_pass(value, metric.values >= 1.0, cold=cold)
    labels = side.scores.labels if side.metrics.by_category else None
    return variances_of_mean(value, asked.pass_at_k(value), metric, labels, cold=cold)


def _means(side: Side) -> dict[str, RowMean]:
    """Return the metrics of a run's results, with the share that has no answer."""
    means = side.metrics.row_means(side.scores)
    if side.scores.answers is None:
        return means
    return means | {NO_ANSWER: RowMean((side.scores.answers < 0).astype(float))}


def _entries(metric: RowMean, side: Side) -> int:
    """Return how many rows a metric is a mean over; of a share of steps, how many steps."""
    if metric.weights is None:
        return len(metric.values)
    return int((metric.weights > 0).sum()) if side.metrics.by_category else round(float(metric.weights.sum()))


def _measured(value: Published, metric: RowMean, side: Side) -> float | None:
    """Return the run's own number, a fraction; None if it has none of that mode."""
    if value.mode is Mode.PASS_1:
        return metric.mean
    if value.metric == NO_ANSWER:  # in both modes: no generation of the row has an answer
        return float((metric.values >= 1.0).all(axis=1).mean())
    if value.mode is Mode.MAJORITY:
        answers = side.scores.answers
        return None if answers is None else majority_score(answers, metric.values)
    if metric.weights is None:
        return pass_at_k(metric.values >= 1.0, value.k)
    return (
        None if side.metrics.by_category else float(np.average(best_of(metric.values, value.k), weights=metric.weights))
    )
