"""Comparisons as text, Markdown, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from northstar.comparison.compare import Compared, ComparedMetric, Comparison, Facts
from northstar.comparison.gate import Ruling
from northstar.core.text import counted
from northstar.reports.table import NOTHING, Cells, csv_table, markdown_table, plain, text_table

_IDS_SHOWN = 5
_HEADER = ("difference", "95 % (rows)", "95 % (these rows)", "p")


def as_text(compared: Compared, found: Sequence[Ruling], *, verbose: bool = False) -> str:
    """Return a table and its facts for each comparison, and the policy's rulings."""
    blocks = []
    for each in compared.each:
        cells = [[_on_one_line(cell) for cell in line] for line in cells_of(each)]
        lines = [_on_one_line(line) for line in (*facts_of(each, verbose), *warnings_of(each))]
        blocks.append("\n".join([text_table(_on_one_line(title_of(each)), cells), *lines]))
    blocks += ["\n".join(lines)] if (lines := _lacking(compared)) else []
    return "\n\n".join([*blocks, *([text_table("policy", _ruling_cells(found))] if found else [])])


def as_markdown(compared: Compared, found: Sequence[Ruling], *, verbose: bool = False) -> str:
    """Return the same in GitHub's Markdown; names of folders and rows, which may be anybody's, are text alone."""
    blocks = []
    for each in compared.each:
        cells = [[plain(cell) for cell in line] for line in cells_of(each)]
        lines = [f"- {plain(line)}" for line in (*facts_of(each, verbose), *warnings_of(each))]
        blocks.append("\n".join([markdown_table(plain(title_of(each)), cells), "", *lines]))
    blocks += ["\n".join(f"- {plain(line)}" for line in lines)] if (lines := _lacking(compared)) else []
    return "\n\n".join([*blocks, *([markdown_table("policy", _ruling_cells(found))] if found else [])])


def as_csv(compared: Compared, found: Sequence[Ruling], *, verbose: bool = False) -> str:  # noqa: ARG001
    """Return one line a metric, with numbers in points."""
    header = ["base", "new", "metric", "base_score", "new_score", "difference"]
    header += ["low", "high", "low_these_rows", "high_these_rows", "p", "rows"]
    tables: dict[str, Cells] = {}
    for each in compared.each:
        lines = tables.setdefault(each.benchmark, [header])
        for metric in each.metrics:
            bounds = [*_points(metric.paired.interval), *_points(metric.paired.interval_here)]
            scores = [f"{100 * value:.4f}" for value in (metric.first, metric.second, metric.paired.difference)]
            lines.append([*each.runs, metric.name, *scores, *bounds, f"{metric.paired.p:.6g}", str(metric.paired.rows)])
    return csv_table(tables)


def as_json(compared: Compared, found: Sequence[Ruling], *, verbose: bool = False) -> str:  # noqa: ARG001
    """Return everything, scores as percentages and flips with all their ids."""
    content: dict[str, Any] = {"comparisons": [_content(each) for each in compared.each]}
    if compared.lacking:
        content["lacking"] = [{"run": run, "benchmark": benchmark} for run, benchmark in compared.lacking]
    if found:
        content["policy"] = [
            {
                "name": each.name,
                "allowed": each.allowed,
                "drop": each.drop,
                "bounds": each.bounds,
                "outcome": each.outcome.name.lower(),
                "why": each.why,
            }
            for each in found
        ]
    return json.dumps(content, indent=2)


FORMS = {"text": as_text, "json": as_json, "markdown": as_markdown, "csv": as_csv}


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _lacking(compared: Compared) -> list[str]:
    return [f"warning: {run} has no {benchmark}, which is not compared" for run, benchmark in compared.lacking]


def title_of(each: Comparison) -> str:
    return f"{each.benchmark}: {each.runs[1]} against {each.runs[0]}, {counted(each.rows, 'row')}"


def cells_of(each: Comparison) -> Cells:
    return [["metric", *each.runs, *_HEADER], *(_line(metric) for metric in each.metrics)]


def _line(metric: ComparedMetric) -> list[str]:
    paired = metric.paired
    return [
        metric.name,
        f"{100 * metric.first:.2f}%",
        f"{100 * metric.second:.2f}%",
        f"{100 * paired.difference:+.2f}",
        _interval(paired.interval),
        _interval(paired.interval_here),
        f"{paired.p:.3f}" if paired.p >= 0.001 else "<0.001",
    ]


def _interval(bounds: tuple[float, float] | None) -> str:
    return NOTHING if bounds is None else f"{100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f}"


def _points(bounds: tuple[float, float] | None) -> list[str]:
    return ["", ""] if bounds is None else [f"{100 * bound:.4f}" for bound in bounds]


def facts_of(each: Comparison, verbose: bool) -> list[str]:
    first, second = each.facts
    lines = [f"rows: {_flips(each, verbose)}"]
    shown = [
        _change("seeds", first.seeds, second.seeds, "{}"),
        _change("avg_tokens", first.tokens, second.tokens, "{:,.0f}"),
        _change("tokens/s", _speed(first, each), _speed(second, each), "{:,.0f}"),
        _change("no answer", _percent(first.no_answer), _percent(second.no_answer), "{:.2f}%"),
        _change("cut off", first.cut_off, second.cut_off, "{:,}"),
    ]
    lines.append(", ".join(change for change in shown if change))
    return lines


def _flips(each: Comparison, verbose: bool) -> str:
    better = [name for name, moved in each.flips.items() if moved > 0]
    worse = [name for name, moved in each.flips.items() if moved < 0]
    parts = [
        f"{len(ids)} {word}" + (f" ({_ids(ids, verbose)})" if ids else "")
        for word, ids in (("better", better), ("worse", worse))
    ]
    return f"{', '.join(parts)}, {each.rows - len(better) - len(worse)} the same"


def _ids(ids: Sequence[str], verbose: bool) -> str:
    shown = ids if verbose else ids[:_IDS_SHOWN]
    return ", ".join(shown) + (", …" if len(ids) > len(shown) else "")


def _change(name: str, first: float | None, second: float | None, form: str) -> str:
    if first is None and second is None:
        return ""
    texts = [NOTHING if value is None else form.format(value) for value in (first, second)]
    return f"{name} {texts[0]}" if texts[0] == texts[1] else f"{name} {texts[0]} → {texts[1]}"


def _speed(facts: Facts, each: Comparison) -> float | None:
    """Return generated tokens a second in which a request was in flight."""
    rows = each.rows + len(each.only[each.facts.index(facts)])
    if facts.tokens is None or not facts.seconds:
        return None
    return facts.tokens * rows * facts.seeds / facts.seconds


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def warnings_of(each: Comparison) -> list[str]:
    lines = [f"warning: {line}" for line in each.settings.method]
    lines += [f"differs: {line}" for line in each.settings.subject]
    for run, ids in zip(each.runs, each.only, strict=True):
        if ids:
            lines.append(f"warning: {counted(len(ids), 'row')} of {run} alone, not compared: {_ids(ids, False)}")
    return [*lines, *(f"note: {note}" for note in each.notes)]


def _ruling_cells(found: Sequence[Ruling]) -> Cells:
    lines = [
        [
            each.name,
            NOTHING if each.drop is None else f"{each.drop:+.2f}",
            NOTHING if each.bounds is None else f"{each.bounds[0]:+.2f} to {each.bounds[1]:+.2f}",
            f"{each.allowed:.2f}",
            each.outcome.name.lower() + (f": {each.why}" if each.why else ""),
        ]
        for each in found
    ]
    return [["metric", "drop", "bounds", "allowed", "outcome"], *lines]


def _content(each: Comparison) -> dict[str, Any]:
    return {
        "benchmark": each.benchmark,
        "runs": list(each.runs),
        "metrics": {
            metric.name: {
                each.runs[0]: 100 * metric.first,
                each.runs[1]: 100 * metric.second,
                "difference": 100 * metric.paired.difference,
                "ci95": _percents(metric.paired.interval),
                "ci95_these_rows": _percents(metric.paired.interval_here),
                "p": metric.paired.p,
                "rows": metric.paired.rows,
            }
            for metric in each.metrics
        },
        "flips": {name: 100 * moved for name, moved in each.flips.items()},
        "only": dict(zip(each.runs, map(list, each.only), strict=True)),
        "facts": {
            run: {
                "seeds": facts.seeds,
                "avg_tokens": facts.tokens,
                "gen_seconds": facts.seconds,
                "no_answer": _percent(facts.no_answer),
                "cut_off": facts.cut_off,
            }
            for run, facts in zip(each.runs, each.facts, strict=True)
        },
        "warnings": list(each.settings.method),
        "differs": list(each.settings.subject),
        "notes": list(each.notes),
    }


def _percents(bounds: tuple[float, float] | None) -> list[float] | None:
    return None if bounds is None else [100 * bound for bound in bounds]
