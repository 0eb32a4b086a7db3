"""The tables of groups, as text."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.metrics.categories import CategoryMetrics
from northstar.reports.grouped.aggregates import GroupSummary, Measured
from northstar.reports.table import NOTHING, Cells
from northstar.statistics.aggregate import Estimate

_HEADER = ["member", "metric", "num_entries", "seeds", "weight", "value", "95% interval"]
AGGREGATE = "aggregate"


@dataclass(frozen=True)
class GroupTable:
    """The table of a group, in the form of a benchmark's."""

    group: GroupSummary
    by_category: CategoryMetrics | None = None

    @property
    def warning(self) -> str:
        return said_of(self.group)

    def tables(self, title: str, verbose: bool) -> dict[str, Cells]:
        del verbose
        return {title: cells_of(self.group)}


def title_of(group: GroupSummary) -> str:
    return f"group {group.name} (judge {group.judge})" if group.judge else f"group {group.name}"


def cells_of(group: GroupSummary) -> Cells:
    """Return a line for each member, and one for the aggregate."""
    total = sum(each.member.share for each in group.members if not group.partial or each.value is not None)
    last = [AGGREGATE, "", "", "", f"{100 * total:.1f}%", _percent(group.value), _interval(group.estimate)]
    return [_HEADER, *(_line(each) for each in group.members), last]


def said_of(group: GroupSummary) -> str:
    """Return what to know of the aggregate, in a line or more; '' for a whole group as it was asked."""
    lines = []
    if missing := group.missing:
        named = "; ".join(f"{each.member.name} ({each.lacks})" for each in missing)
        told = "--partial_groups gives that of the others" if group.value is None else "the aggregate is of the others"
        lines.append(f"missing: {named}. No aggregate of the whole group: {told}.")
    if few := [each for each in group.members if each.value is not None and each.k < max(each.member.repeats, 1)]:
        lines.append(f"fewer seeds than the group has: {', '.join(map(_seeds, few))}.")
    if group.value is not None and group.estimate is None:
        lines.append("No interval of the aggregate: a member of a single row has none.")
    return "\n".join(lines)


def _line(each: Measured) -> list[str]:
    there = each.value is not None
    return [
        each.member.name,
        each.metric or each.member.metric or NOTHING,
        str(each.rows) if there else NOTHING,
        str(each.k) if there else NOTHING,
        f"{100 * each.member.share:.1f}%",
        _percent(each.value) if there else "missing",
        _interval(each.estimate),
    ]


def _seeds(each: Measured) -> str:
    return f"{each.member.name} {each.k} of {each.member.repeats}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.2f}%"


def _interval(estimate: Estimate | None) -> str:
    return NOTHING if estimate is None else f"[{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"
