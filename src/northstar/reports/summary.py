"""The numbers of an output folder, and their tables in several forms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

from northstar.metrics.categories import CategoryMetrics
from northstar.reports.table import (
    Cells,
    category_cells,
    cells_of,
    csv_table,
    html_table,
    markdown_table,
    ruled_table,
    text_table,
)


@dataclass(frozen=True)
class Shown:
    """One table.

    Attributes:
        modes: Mode → numbers.
        lines: The modes that are its lines.
        subsets: Subset of the rows → modes.
        by_category: Set if the lines are categories, and the modes columns.
        warning: Printed under the table if its numbers mean nothing.
        corner: What the lines are, the header of the first column.
    """

    modes: Mapping[str, Mapping[str, Any]]
    lines: Sequence[str]
    subsets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    by_category: CategoryMetrics | None = None
    warning: str = ""
    corner: str = "evaluation_mode"

    def tables(self, title: str, verbose: bool) -> dict[str, Cells]:
        """Return title → header and lines, as text."""
        first = self.modes[self.lines[0]]
        if self.by_category is not None:
            tables = {title: category_cells(self.modes, self.lines, self.by_category.lines(first))}
            if verbose and (rest := self.by_category.categories(first)) != self.by_category.lines(first):
                tables[f"{title}, each category"] = category_cells(self.modes, self.lines, rest)
            return tables
        tables = {title: cells_of(self.modes, self.lines, self.corner)}
        if verbose and self.subsets:
            by_subset = {name: modes[self.lines[0]] for name, modes in self.subsets.items()}
            tables[f"{title}, {self.lines[0]}"] = cells_of(by_subset, list(by_subset), corner="subset")
        return tables


class Tabled(Protocol):
    """One table, or several: of a benchmark (Shown), or of a group of them."""

    @property
    def warning(self) -> str: ...
    @property
    def by_category(self) -> CategoryMetrics | None: ...

    def tables(self, title: str, verbose: bool) -> dict[str, Cells]:
        """Return title → header and lines, as text."""


@dataclass(frozen=True)
class Summary:
    """The result of `summarize_results`.

    Attributes:
        metrics: Benchmark → mode → numbers as in metrics.json, with `subsets`, `judges`, `usage`, `answers`, `notes`.
        shown: Title → table.
        notes: What is not counted or missing, and why.
        failures: A sentence for each benchmark that cannot be read, and if metrics.json cannot be written; a command
            prints them and exits with 1.
        regraded: Regrading → benchmark → mode → numbers, as in metrics@NAME.json.
        groups: Group → its members' numbers and the aggregate with its interval, in percent.
    """

    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]
    shown: Mapping[str, Tabled]
    notes: tuple[str, ...] = ()
    verbose: bool = False
    failures: tuple[str, ...] = ()
    regraded: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def content(self) -> Mapping[str, Any]:
        """The metrics, and under `groups` those of groups if there are any."""
        return {**self.metrics, **({"groups": self.groups} if self.groups else {})}

    @property
    def tables(self) -> dict[str, Cells]:
        """Title → header and lines, as text."""
        each = (shown.tables(title, self.verbose) for title, shown in self.shown.items())
        return {title: cells for tables in each for title, cells in tables.items()}

    def text(self) -> str:
        """Return the tables as printed."""
        blocks: list[str] = []
        for name, shown in self.shown.items():
            form = text_table if shown.by_category is None else ruled_table
            blocks += [form(title, cells) for title, cells in shown.tables(name, self.verbose).items()]
            if shown.warning:
                blocks[-1] += f"\n{shown.warning}"
        return "\n\n".join(blocks)

    def markdown(self) -> str:
        blocks: list[str] = []
        for name, shown in self.shown.items():
            blocks += [markdown_table(title, cells) for title, cells in shown.tables(name, self.verbose).items()]
            if shown.warning:
                blocks.append(f"**{shown.warning}**")
        return "\n\n".join(blocks)

    def csv(self) -> str:
        return csv_table(self.tables)

    def json(self) -> str:
        return json.dumps(self.content, indent=2)

    def usage(self) -> list[str]:
        """Return a line on the tokens of each benchmark, and of its judges."""
        return [
            f"{name}{'' if who == 'model' else f', judge {who}'}: {used['prompt_tokens']:,} prompt and "
            f"{used['completion_tokens']:,} generated tokens"
            for name, metrics in self.metrics.items()
            for who, used in metrics["usage"].items()
            if used["prompt_tokens"] or used["completion_tokens"]  # else the server doesn't count them
        ]

    def _repr_html_(self) -> str:
        """Return the tables for a notebook, with all names escaped."""
        blocks: list[str] = []
        for name, shown in self.shown.items():
            blocks += [html_table(title, cells) for title, cells in shown.tables(name, self.verbose).items()]
            if shown.warning:
                blocks.append(f"<p><b>{escape(shown.warning)}</b></p>")
        return "\n".join([*blocks, *(f"<p><b>{escape(failure)}</b></p>" for failure in self.failures)])

    def _repr_markdown_(self) -> str:
        return "\n\n".join([self.markdown(), *(f"**{failure}**" for failure in self.failures)])


def joined(summaries: Mapping[str, Summary], form: str) -> str:
    """Join summaries of several folders in one form (text, markdown, csv, json), naming each folder if there are more.

    As json: folder → metrics.
    """
    if len(summaries) == 1:
        (summary,) = summaries.values()
        return str(getattr(summary, form)())
    if form == "json":
        return json.dumps({folder: summary.content for folder, summary in summaries.items()}, indent=2)
    if form == "csv":
        tables = {
            f"{folder}: {name}": cells for folder, each in summaries.items() for name, cells in each.tables.items()
        }
        return csv_table(tables)
    return "\n\n".join(f"{folder}\n\n{getattr(summary, form)()}" for folder, summary in summaries.items())
