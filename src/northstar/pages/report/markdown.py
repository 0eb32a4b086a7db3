"""A report as GitHub's Markdown: its tables, without charts and samples."""

from __future__ import annotations

from collections.abc import Sequence

from northstar.pages.report.content import Table
from northstar.pages.report.reading import RunRead
from northstar.reports.table import Cells, markdown_table, plain


def as_markdown(
    title: str, about: str, scores: Table, runs: Sequence[RunRead], verdicts: Table | None, comparisons: Sequence[Table]
) -> str:
    """Return all of it; whatever stands in a table or a note is text, and nothing else."""
    blocks = [f"## {plain(title)}", plain(about), _table(scores.title, scores.cells)]
    for run in runs:
        if len(runs) > 1:
            blocks.append(f"## {plain(run.name)}")
        blocks += [_table(name, cells) for name, cells in run.summary.tables.items()]
        blocks += [f"**{plain(shown.warning)}**" for shown in run.summary.shown.values() if shown.warning]
        blocks += [f"**{plain(failure)}**" for failure in run.failures]
        blocks += _list(run.notes)
        if run.hours is not None:
            cells, title = run.hours.cells, run.hours.title
            blocks += [_table(title, cells) if cells else f"### {plain(title)}", *_list(run.hours.lines)]
    if verdicts is not None:
        blocks += [_table(verdicts.title, verdicts.cells), *_list(verdicts.lines)]
    for each in comparisons:
        blocks += [_table(each.title, each.cells) if each.cells else f"### {plain(each.title)}", *_list(each.lines)]
    for run in runs:
        if len(run.settings) > 1:
            name = f"Settings of {run.name}"
            blocks.append(f"<details><summary>{plain(name)}</summary>\n\n{_table(name, run.settings)}\n\n</details>")
    return "\n\n".join(blocks) + "\n"


def _table(title: str, cells: Cells) -> str:
    return markdown_table(plain(title), [[plain(cell) for cell in line] for line in cells])


def _list(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {plain(line)}" for line in lines)] if lines else []
