"""Verdicts as text, Markdown and JSON."""

from __future__ import annotations

import json
from typing import Any

from northstar.recipes.verdicts import Judged, Verdicts
from northstar.reports.summary import Summary
from northstar.reports.table import NOTHING, Cells, markdown_table, text_table
from northstar.statistics.verdict import Finding

_HEADER = ["benchmark", "score", "published", "measured", "difference", "SE", "verdict"]
_MAIN = "*"


def with_verdicts(summary: Summary, found: Verdicts, form: str) -> str:
    """Return a run's numbers and the verdicts on them, as text, markdown or json."""
    if form == "json":
        return json.dumps({"metrics": summary.metrics, **as_json(found)}, indent=2)
    if form == "markdown":
        return f"{summary.markdown()}\n\n{as_markdown(found)}"
    return f"{summary.text()}\n\n{as_text(found)}"


def as_text(found: Verdicts) -> str:
    """Return the table, and a line that explains it."""
    return f"{text_table(title_of(found), cells_of(found))}\n{legend_of(found)}"


def as_markdown(found: Verdicts) -> str:
    return f"{markdown_table(title_of(found), cells_of(found))}\n\n{legend_of(found)}"


def as_json(found: Verdicts) -> dict[str, Any]:
    """Return everything; values, differences and margins in points."""
    return {
        "recipe": found.recipe,
        "margin": found.margin,
        "verdicts": [_content(each) for each in found.values],
        "notes": list(found.notes),
    }


def title_of(found: Verdicts) -> str:
    return f"against {found.recipe}, margin {found.margin:g}"


def legend_of(found: Verdicts) -> str:
    main = sum(each.verdict is not None and each.published.main for each in found.values)
    if not main:
        return f"{_MAIN} a main score: none of them has a verdict, and its line says why."
    return f"{_MAIN} a main score: its verdict is one of {main}, by Holm's correction. SE: over seeds, of both sides."


def cells_of(found: Verdicts) -> Cells:
    return [_HEADER, *(_line(each) for each in found.values)]


def _line(each: Judged) -> list[str]:
    value, difference = each.published, each.difference
    return [
        each.benchmark,
        f"{value.name}{f' {_MAIN}' if value.main else ''}",
        f"{value.value:.2f}%",
        NOTHING if each.measured is None else f"{100 * each.measured:.2f}%{_of(each)}",
        NOTHING if difference is None else f"{100 * difference.value:+.2f}",
        NOTHING if difference is None else f"{100 * difference.error():.2f}",
        _said(each),
    ]


def _of(each: Judged) -> str:
    """Name the run's k where it is another one."""
    return "" if each.k == each.published.k else f" (k = {each.k})"


def _said(each: Judged) -> str:
    if each.verdict is None:
        return f"{NOTHING} {each.note}"
    said = each.verdict.finding.value
    if each.verdict.k_to_tell is not None:
        said += f" ({each.verdict.k_to_tell:,} a row would tell)"
    if each.verdict.margin_to_agree is not None:
        said += f" (would agree at a margin of {100 * each.verdict.margin_to_agree:.2f})"
    return f"{said}; {each.note}" if each.note else said


def _content(each: Judged) -> dict[str, Any]:
    value, difference, verdict = each.published, each.difference, each.verdict
    return {
        "benchmark": each.benchmark,
        "score": value.name,
        "main": value.main,
        "published": {"value": value.value, "n": value.n, "k": value.k, "match": value.match},
        "measured": None if each.measured is None else {"value": 100 * each.measured, "k": each.k},
        "difference": None if difference is None else 100 * difference.value,
        "standard_error": None if difference is None else 100 * difference.error(),
        "verdict": None if verdict is None else _name(verdict.finding),
        "k_to_tell": None if verdict is None else verdict.k_to_tell,
        "margin_to_agree": None
        if verdict is None or verdict.margin_to_agree is None
        else 100 * verdict.margin_to_agree,
        "note": each.note,
    }


def _name(finding: Finding) -> str:
    return finding.name.lower()
