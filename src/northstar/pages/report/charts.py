"""The charts of a report, each with its numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from northstar.metrics.arrays import FloatArray
from northstar.pages.report.drawing import INK, SERIES, drawing, label, svg
from northstar.pages.report.figures import Curve, Flow, Group, Point
from northstar.pages.verdict import Verdict
from northstar.reports.table import NOTHING, Cells

_WIDTH = 7.2
_BINS = 40
_SPREAD_FOR_LOGARITHM = 20
_DASHES = {"pass@k": "-", "majority@k": "--"}
"""How a curve is drawn where the colours tell runs apart."""


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        picture: Its <svg>.
        note: How to read it.
        numbers: What it shows, as a table.
    """

    title: str
    picture: Markup
    note: str
    numbers: Cells


def curves_chart(name: str, title: str, curves: Mapping[str, Sequence[Curve]]) -> Chart:
    """Draw pass@k and majority@k over k. curves: run → its curves."""
    with drawing() as figure_class:
        figure = figure_class(figsize=(_WIDTH, 3.2))
        axes = figure.subplots()
        for number, (run, curve) in enumerate(_each(curves)):
            place, style = (number, "-") if len(curves) == 1 else (list(curves).index(run), _DASHES[curve.name])
            colour = SERIES[place % len(SERIES)]
            values, low, high = (100 * each for each in _arrays(curve.points))
            named = _named(run, curve.name, curves)
            axes.plot(curve.ks, values, style, color=colour, marker="o", markersize=3.5, label=named)
            axes.fill_between(curve.ks, low, high, color=colour, alpha=0.14, linewidth=0)
        _legend(axes)
        axes.set(xlabel="k, generations a row", ylabel="%")
        axes.xaxis.get_major_locator().set_params(integer=True)
        description = "; ".join(
            f"{_named(run, curve.name, curves)} from {100 * curve.points[0].value:.1f} % to "
            f"{100 * curve.points[-1].value:.1f} % at k = {curve.ks[-1]}"
            for run, curve in _each(curves)
        )
        picture = svg(figure, name, title, description)
    columns = [(_named(run, curve.name, curves), curve) for run, curve in _each(curves)]
    ks = sorted({k for _, curve in columns for k in curve.ks})
    lines = [[str(k), *(_at(curve, k) for _, curve in columns)] for k in ks]
    note = (
        "Bands: 95 % over rows. pass@k is the unbiased estimate from all generations, majority@k the mean over draws "
        "of k of them; tables of results count the first k."
    )
    return Chart(title, picture, note, [["k", *(name for name, _ in columns)], *lines])


def groups_chart(name: str, title: str, groups: Mapping[str, Sequence[Group]]) -> Chart:
    """Draw the main score by the value of a field. groups: run → its groups."""
    labels = list(dict.fromkeys(group.label for each in groups.values() for group in each))
    with drawing() as figure_class:
        figure = figure_class(figsize=(_WIDTH, 0.7 + 0.26 * len(labels) * max(1.0, 0.6 * len(groups))))
        axes = figure.subplots()
        for number, (run, each) in enumerate(groups.items()):
            colour = SERIES[number % len(SERIES)]
            offset = (number - (len(groups) - 1) / 2) * 0.25
            values, low, high = (100 * each for each in _arrays([group.point for group in each]))
            places = [labels.index(group.label) + offset for group in each]
            spans = [np.maximum(values - low, 0), np.maximum(high - values, 0)]
            axes.errorbar(
                values, places, xerr=spans, fmt="o", color=colour, markersize=5, elinewidth=1.4, label=label(run)
            )
        axes.set_yticks(range(len(labels)), [label(each) for each in labels])
        axes.set(xlabel="%", xlim=(-2, 102), ylim=(len(labels) - 0.4, -0.6))
        if len(groups) > 1:
            _legend(axes)
        picture = svg(figure, name, title, f"{len(labels)} groups; the table has their numbers")
    found = {run: {group.label: group for group in each} for run, each in groups.items()}
    lines = [[each, *(cell for run in groups for cell in _group_cells(found[run].get(each)))] for each in labels]
    header = [cell for run in groups for cell in (f"{run} rows" if len(groups) > 1 else "rows", run, "95 %")]
    return Chart(title, picture, "Lines: 95 % over rows.", [["group", *header], *lines])


def lengths_chart(name: str, title: str, lengths: Mapping[str, tuple[FloatArray, FloatArray]]) -> Chart:
    """Draw how long right and wrong answers are. lengths: run → tokens of the right ones, and of the others."""
    everything = np.concatenate([part for both in lengths.values() for part in both])
    low, high = np.quantile(everything, [0.01, 1.0])
    logarithmic = high > _SPREAD_FOR_LOGARITHM * max(low, 1)
    edges = np.geomspace(max(everything.min(), 1), high + 1, _BINS) if logarithmic else np.linspace(0, high + 1, _BINS)
    with drawing() as figure_class:
        figure = figure_class(figsize=(_WIDTH, 0.6 + 1.9 * len(lengths)))
        for axes, (run, both) in zip(_panels(figure, len(lengths)), lengths.items(), strict=True):
            for part, word, colour in zip(both, ("right", "other"), (SERIES[2], SERIES[1]), strict=True):
                counts, _ = np.histogram(part, edges)
                axes.stairs(counts, edges, fill=True, color=colour, alpha=0.3)
                axes.stairs(counts, edges, color=colour, linewidth=1.3, label=word)
            if logarithmic:
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
                axes.xaxis.set_minor_formatter(lambda *_: "")
            axes.set(ylabel="generations", title=label(run) if len(lengths) > 1 else "")
            _legend(axes)
        axes.set(xlabel="generated tokens")
        picture = svg(figure, name, title, "histograms; the table has the quantiles")
    lines = [
        [
            run,
            word,
            f"{len(part):,}",
            *(f"{np.quantile(part, q):,.0f}" if len(part) else NOTHING for q in (0.1, 0.5, 0.9, 1)),
        ]
        for run, both in lengths.items()
        for part, word in zip(both, ("right", "other"), strict=True)
    ]
    return Chart(title, picture, "", [["run", "answers", "generations", "10 %", "median", "90 %", "longest"], *lines])


def flow_chart(name: str, title: str, flows: Mapping[str, Flow]) -> Chart:
    """Draw tokens a second, and requests in flight. flows: run → its flow."""
    with drawing() as figure_class:
        figure = figure_class(figsize=(_WIDTH, 0.6 + 2.1 * len(flows)))
        for axes, (run, flow) in zip(_panels(figure, len(flows), share=False), flows.items(), strict=True):
            hours, unit = (flow.hours, "hours") if flow.hours[-1] >= 2 else (flow.hours * 60, "minutes")
            axes.stairs(flow.tokens, hours, fill=True, color=SERIES[0], alpha=0.3)
            axes.stairs(flow.tokens, hours, color=SERIES[0], linewidth=1.2)
            axes.set(ylabel="tokens a second", xlabel=f"{unit} with a request in flight", xlim=(0, hours[-1]))
            axes.set_title(label(run) if len(flows) > 1 else "")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            other = axes.twinx()
            other.grid(False)
            other.plot((hours[:-1] + hours[1:]) / 2, flow.in_flight, color=SERIES[1], linewidth=1.2, linestyle="--")
            other.set(ylabel="requests in flight (dashed)")
            other.set_ylim(bottom=0)
        picture = svg(figure, name, title, "tokens a second as an area, requests in flight as a dashed line")
    lines = [
        [
            run,
            f"{flow.tokens.mean():,.0f}",
            f"{flow.tokens.max():,.0f}",
            f"{flow.in_flight.max():,.0f}",
            _duration(flow),
        ]
        for run, flow in flows.items()
    ]
    header = ["run", "tokens/s, mean", "tokens/s, most", "in flight, most", "hours in all"]
    note = "Tokens count evenly from a request's start to its end. Pauses between runs are cut out."
    return Chart(title, picture, note, [header, *lines])


def endings_chart(name: str, title: str, shares: Mapping[str, Mapping[Verdict, float]]) -> Chart:
    """Draw what became of the generations. shares: benchmark, or benchmark and run → verdict → share."""
    there = [verdict for verdict in Verdict if any(each[verdict] for each in shares.values())]
    with drawing() as figure_class:
        figure = figure_class(figsize=(_WIDTH, 0.9 + 0.32 * len(shares)))
        axes = figure.subplots()
        left = np.zeros(len(shares))
        for verdict in there:
            widths = np.array([100 * each[verdict] for each in shares.values()])
            axes.barh(
                range(len(shares)), widths, left=left, height=0.7, color=_OF_VERDICT[verdict], label=verdict.words
            )
            left += widths
        axes.set_yticks(range(len(shares)), [label(each) for each in shares])
        axes.set(xlabel="% of generations", xlim=(0, 100), ylim=(len(shares) - 0.4, -0.6))
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside upper center", ncols=len(there), labelcolor=INK)
        picture = svg(figure, name, title, "stacked bars; the table has their numbers")
    lines = [[key, *(f"{100 * each[verdict]:.2f}%" for verdict in there)] for key, each in shares.items()]
    return Chart(title, picture, "", [["", *(verdict.words for verdict in there)], *lines])


_OF_VERDICT = {
    Verdict.RIGHT: SERIES[2],
    Verdict.WRONG: SERIES[1],
    Verdict.PARTLY: SERIES[3],
    Verdict.NO_ANSWER: SERIES[7],
    Verdict.CUT_OFF: SERIES[4],
    Verdict.ERROR: SERIES[5],
    Verdict.UNGRADED: SERIES[6],
}


def _panels(figure: Any, number: int, *, share: bool = True) -> list[Any]:
    return list(figure.subplots(number, sharex=share, squeeze=False)[:, 0])


def _each(curves: Mapping[str, Sequence[Curve]]) -> list[tuple[str, Curve]]:
    return [(run, curve) for run, several in curves.items() for curve in several]


def _named(run: str, metric: str, runs: Mapping[str, object]) -> str:
    return f"{label(run)}: {metric}" if len(runs) > 1 else metric


def _legend(axes: Any) -> None:
    axes.legend(loc="best", labelcolor=INK, fontsize=9)


def _arrays(points: Sequence[Point]) -> tuple[FloatArray, FloatArray, FloatArray]:
    values, low, high = (np.array(each) for each in zip(*((p.value, p.low, p.high) for p in points), strict=True))
    return values, low, high


def _at(curve: Curve, k: int) -> str:
    return _said(curve.points[curve.ks.index(k)]) if k in curve.ks else NOTHING


def _said(point: Point) -> str:
    return f"{100 * point.value:.2f}% ({100 * point.low:.2f} to {100 * point.high:.2f})"


def _group_cells(group: Group | None) -> list[str]:
    if group is None:
        return [NOTHING] * 3
    point = group.point
    return [f"{group.rows:,}", f"{100 * point.value:.2f}%", f"{100 * point.low:.2f} to {100 * point.high:.2f}"]


def _duration(flow: Flow) -> str:
    return f"{flow.hours[-1]:,.2f}"
