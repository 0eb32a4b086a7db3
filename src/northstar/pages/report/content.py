"""What a report says, before it is HTML or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from northstar.benchmarks.choosing import is_unpublished
from northstar.comparison.compare import compare_sides
from northstar.comparison.tables import cells_of as comparison_cells
from northstar.comparison.tables import facts_of, title_of, warnings_of
from northstar.core.errors import NorthstarError
from northstar.metrics.arrays import FloatArray
from northstar.metrics.row_means import RowMean
from northstar.metrics.spread import interval_95
from northstar.pages.report.charts import Chart, curves_chart, endings_chart, flow_chart, groups_chart, lengths_chart
from northstar.pages.report.figures import Curve, Flow, flow_of, groups_of, majority_curve, pass_curve
from northstar.pages.report.generations import shares_of
from northstar.pages.report.reading import Measured, RunRead
from northstar.pages.report.samples import Sample, choose, read_samples
from northstar.pages.verdict import Verdict
from northstar.reports.table import NOTHING, Cells


@dataclass(frozen=True)
class Table:
    """A table with the lines that explain it."""

    title: str
    cells: Cells
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Section:
    """One benchmark; the samples are of the first run."""

    benchmark: str
    charts: Sequence[Chart]
    samples: Sequence[Sample]
    note: str = ""


def main_scores(runs: Sequence[RunRead]) -> Table:
    """Return the main score of each benchmark by each run, as the mean over all generations, with its interval."""
    lines: Cells = []
    for benchmark in dict.fromkeys(name for run in runs for name in run.measured):
        for run in runs:
            if (each := run.measured.get(benchmark)) is not None:
                name, metric = next(iter(each.side.metrics.row_means(each.side.scores).items()))
                values, weights = _counted(metric)
                rows, seeds = values.shape
                interval = interval_95(values, weights)
                spread = NOTHING if interval is None else f"{100 * interval[0]:.2f} to {100 * interval[1]:.2f}"
                mean = f"{100 * metric.mean:.2f}%"
                lines.append([benchmark, run.name, name, mean, spread, f"{rows:,}", f"{seeds:,}"])
    header = ["benchmark", "run", "score", "mean", "95 % (rows)", "rows", "generations a row"]
    return Table("Main scores", [header, *lines])


def _counted(metric: RowMean) -> tuple[FloatArray, FloatArray | None]:
    """Return the values and weights of the rows that count: a category's metric is of its own rows alone."""
    if metric.weights is None:
        return metric.values, None
    mine = metric.weights > 0
    return metric.values[mine], metric.weights[mine]


def run_charts(runs: Sequence[RunRead]) -> list[Chart]:
    """Return the charts of whole runs: what became of their generations, and how fast they went."""
    shares = {
        benchmark if len(runs) == 1 else f"{benchmark}, {run.name}": shares_of(each.generations)
        for benchmark in dict.fromkeys(name for run in runs for name in run.measured)
        for run in runs
        if (each := run.measured.get(benchmark)) is not None
    }
    charts = [endings_chart("endings", "What became of the generations", shares)] if shares else []
    flows = {run.name: flow for run in runs if (flow := _flow(list(run.measured.values()))) is not None}
    return [*charts, *([flow_chart("flow", "Throughput over time", flows)] if flows else [])]


def _flow(measured: Sequence[Measured]) -> Flow | None:
    if not measured:
        return None
    starts, ends, tokens = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (each.generations.starts.ravel(), each.generations.ends.ravel(), each.side.scores.tokens.ravel())
                for each in measured
            ),
            strict=True,
        )
    )
    return flow_of(starts, ends, tokens)


def sections_of(runs: Sequence[RunRead], samples: int, extra: Sequence[Path], *, include_gated: bool) -> list[Section]:
    """Return a section for each benchmark of any run, with samples of the first run."""
    sections = []
    for number, benchmark in enumerate(dict.fromkeys(name for run in runs for name in run.measured)):
        there = {run.name: run.measured[benchmark] for run in runs if benchmark in run.measured}
        charts = _charts(f"b{number}", there)
        shown: list[Sample] = []
        note = ""
        first = next(iter(there.values()))
        if samples and is_unpublished(benchmark, extra) and not include_gated:
            note = "Its authors ask not to publish its rows: no samples are shown. --include_gated shows them."
        elif samples:
            choices = choose(first.generations.verdicts, samples, benchmark)
            shown = read_samples(first.files, choices, first.side.metrics.scores)
        sections.append(Section(benchmark, charts, shown, note))
    return sections


def _charts(key: str, there: dict[str, Measured]) -> list[Chart]:
    charts = []
    mains = {run: next(iter(each.side.metrics.row_means(each.side.scores).items())) for run, each in there.items()}
    name = next(iter(mains.values()))[0]
    composed = any(each.side.metrics.by_category for each in there.values())
    curves = {run: found for run, each in there.items() if (found := _curves(each, mains[run][1]))}
    if curves:
        charts.append(curves_chart(f"{key}-k", f"{name} over k", curves))
    for field in dict.fromkeys(field for each in there.values() for field in each.generations.labels):
        groups = {
            run: groups_of(_of_rows(each, mains[run][1]), each.generations.labels[field])
            for run, each in there.items()
            if field in each.generations.labels
        }
        if groups:
            score = next(iter(there.values())).side.metrics.scores[0] if composed else name
            charts.append(groups_chart(f"{key}-{field}", f"{score} by {field}", groups))
    lengths = {run: _lengths(each) for run, each in there.items()}
    lengths = {run: both for run, both in lengths.items() if len(both[0]) + len(both[1]) > 1}
    if lengths:
        charts.append(lengths_chart(f"{key}-tokens", "Length of right answers, and of the others", lengths))
    return charts


def _of_rows(each: Measured, main: RowMean) -> RowMean:
    """Return the score of each row, without the weights that compose it of categories."""
    return RowMean(main.values) if each.side.metrics.by_category else main


def _curves(each: Measured, main: RowMean) -> list[Curve]:
    """Return the curves of a metric that is a plain mean over rows of several generations."""
    if main.weights is not None or main.values.shape[1] < 2:
        return []
    answers = each.side.scores.answers
    votes = answers is not None and any(mode.startswith("majority") for mode in each.side.metrics.shown(2))
    return [pass_curve(main.values), *([majority_curve(answers, main.values)] if votes and answers is not None else [])]


def _lengths(each: Measured) -> tuple[FloatArray, FloatArray]:
    tokens = each.side.scores.tokens
    known, right = ~np.isnan(tokens), each.generations.verdicts == Verdict.RIGHT
    return tokens[known & right], tokens[known & ~right]


def comparisons_of(runs: Sequence[RunRead]) -> list[Table]:
    """Return how far the first run differs from each other one, and which benchmarks only one of them has."""
    first, *others = runs
    tables = []
    for other in others:
        lacking = [(other, name) for name in first.measured if name not in other.measured]
        lacking += [(first, name) for name in other.measured if name not in first.measured]
        if lacking:
            lines = [f"warning: {run.name} has no {name}, which is not compared" for run, name in lacking]
            tables.append(Table(f"{first.name} against {other.name}", [], lines))
        for benchmark, mine in first.measured.items():
            if benchmark in other.measured:
                try:
                    found = compare_sides(benchmark, other.measured[benchmark].side, mine.side)
                except NorthstarError as error:
                    tables.append(Table(f"{benchmark}: {first.name} against {other.name}", [], [str(error)]))
                    continue
                lines = [*facts_of(found, False), *warnings_of(found)]
                tables.append(Table(title_of(found), comparison_cells(found), lines))
    return tables
