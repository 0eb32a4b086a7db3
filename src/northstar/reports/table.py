"""Tables as `ns summarize_results` prints them, and in other forms."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from northstar.core.text import printable

_COUNTS = (
    "num_entries",
    "avg_tokens",
    "gen_seconds",
    "num_problems",
    "num_subtasks",
    "num_prompts",
    "num_instructions",
    "num_verdicts",
    "num_differ",
    "begun_again",
)
_CATEGORY_WIDTH = 27
"""The width in the tables that results by category are usually compared with."""
_NO_SHARES = ("index", "kappa", "tool_calls")
"""Numbers that are no percentages."""
NOTHING = "-"
"""The cell of a missing number."""
_FULL_WIDTH = "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n" + _FULL_WIDTH)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_SIGNS = re.compile(r"[\\`*\[\]#!~]|(?<!\w)_|_(?!\w)")
_REFERENCES = re.compile(r"(?<!\w)@(?=\w)|#(?=[0-9])|(?<=:)//")
"""Of people, issues and addresses: GitHub reads them in finished text, where an escape has gone."""
Cells = list[list[str]]


def cells_of(modes: Mapping[str, Mapping[str, Any]], shown: Sequence[str], corner: str = "evaluation_mode") -> Cells:
    """Return a header and a line per shown mode, as text."""
    columns = list(
        dict.fromkeys(key for mode in shown for key, value in modes[mode].items() if not isinstance(value, dict))
    )
    lines = [[mode, *(_cell(key, modes[mode].get(key)) for key in columns)] for mode in shown]
    return [[corner, *columns], *lines]


def category_cells(modes: Mapping[str, Mapping[str, Any]], shown: Sequence[str], categories: Sequence[str]) -> Cells:
    """Return a header and a line per category: entries, accuracy in the first mode, then in the other modes."""
    first, *others = shown
    lines = [
        [
            name,
            str(modes[first][name]["num_entries"]),
            *(_cell("", modes[mode][name]["accuracy"] if name in modes[mode] else None) for mode in shown),
        ]
        for name in categories
    ]
    return [["Category", "num_entries", "accuracy", *others], *lines]


def ruled_table(title: str, cells: Cells) -> str:
    """Format a table with a centred title, a rule under its header, and bars at both ends of each line."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[0] = max(widths[0], _CATEGORY_WIDTH)
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    dashes = len(rule) - len(title) - 2
    head = f"{'-' * (dashes // 2)} {title} {'-' * (dashes - dashes // 2)}"
    return "\n".join([head, lines[0], rule, *lines[1:]])


def text_table(title: str, cells: Cells) -> str:
    """Format a table with a centred title, ' | ' between left-aligned columns, and no trailing blanks."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head = f" {title} ".center(sum(widths) + 3 * (len(widths) - 1), "-")
    lines = [
        " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    return "\n".join([head, *lines])


def markdown_table(title: str, cells: Cells) -> str:
    """Format a heading and a table in GitHub's Markdown."""
    header, *lines = [[cell.replace("|", "\\|") for cell in line] for line in cells]
    rule = ["---"] * len(header)
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(line)} |" for line in (header, rule, *lines))])


def plain(text: str) -> str:
    r"""Return a text on one line that Markdown shows as it is: no markup, links, pictures, tags or mentions.

    >>> plain("[a](javascript:b) <script> pass@1 a_b")
    '\\[a\\](javascript:b) &lt;script> pass@1 a_b'
    """
    line = " ".join(printable(text).split())
    escaped = _SIGNS.sub(r"\\\g<0>", line.replace("&", "&amp;")).replace("<", "&lt;")
    return _REFERENCES.sub(lambda found: f"{found[0][0]}&#8203;{found[0][1:]}", escaped)


def csv_table(tables: Mapping[str, Cells]) -> str:
    """Join all tables, benchmark first, with empty cells for missing columns and percentages without their sign."""
    columns = list(dict.fromkeys(name for cells in tables.values() for name in cells[0]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([without_formula(name) for name in ("benchmark", *columns)])
    for benchmark, (header, *lines) in tables.items():
        for line in lines:
            by_name = dict(zip(header, line, strict=True))
            cells = [benchmark, *(by_name.get(name, "").removesuffix("%") for name in columns)]
            writer.writerow([without_formula(cell) for cell in cells])
    return out.getvalue().rstrip("\n")


def without_formula(cell: str) -> str:
    """Escape a cell that a spreadsheet would take for a formula: names of folders and rows may be anybody's."""
    formula = cell.startswith(_BEGINS_A_FORMULA) and cell != NOTHING and not _NUMBER.fullmatch(cell)
    return ("'" if formula else "") + cell.replace("\r", " ")


def _cell(key: str, value: Any) -> str:
    if value is None:
        return NOTHING
    if key in _NO_SHARES:
        return f"{value:.2f}"
    return str(value) if key in _COUNTS else f"{value:.2f}%"


def html_table(title: str, cells: Cells) -> str:
    """Format a table for a notebook, with every cell escaped."""
    header, *lines = [[escape(cell) for cell in line] for line in cells]
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines)
    return f"<table>\n<caption>{escape(title)}</caption>\n<tr>{head}</tr>\n{body}\n</table>"
