"""What a folder has of a group of benchmarks: each member's number, and the aggregate with its interval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from northstar.config.groups import AskedGroup, GroupMember
from northstar.core.benchmark_name import parsed_name
from northstar.core.errors import NorthstarError
from northstar.metrics.answers import JUDGE_SCORE
from northstar.metrics.pairs import WIN_RATE
from northstar.metrics.row_means import RowMean
from northstar.metrics.spread import interval_95
from northstar.provenance.provenance import described
from northstar.provenance.results_name import results_name
from northstar.reports.numbers.part import Part
from northstar.results.layout import RUN_JSON, output_dir_of
from northstar.results.run_json import read_run_json
from northstar.statistics.aggregate import Estimate, weighted_mean


@dataclass(frozen=True)
class Measured:
    """A member and what the folder has of it.

    Attributes:
        metric: The number that counts; '' where there is none.
        estimate: Its value and 95% interval, as fractions; None where there is no value, or no interval.
        value: The value, also where a single row gives no interval.
        rows, k: What it is a mean over: rows, and generations a row.
        lacks: Why there is no number; '' where there is one.
    """

    member: GroupMember
    metric: str = ""
    estimate: Estimate | None = None
    value: float | None = None
    rows: int = 0
    k: int = 0
    lacks: str = ""


@dataclass(frozen=True)
class GroupSummary:
    """A group's members and their aggregate.

    Attributes:
        judge: Whose verdicts count, where there are several judges; else ''.
        value: The aggregate, a fraction; None where members are missing, unless a part was asked for.
        estimate: The same with its interval; None where a member has none.
        partial: Whether members are missing.
    """

    name: str
    judge: str
    members: tuple[Measured, ...]
    value: float | None
    estimate: Estimate | None
    partial: bool

    @property
    def missing(self) -> list[Measured]:
        return [each for each in self.members if each.value is None]

    def as_json(self) -> dict[str, Any]:
        """Return the numbers in percent, as metrics.json has them."""
        return {
            "members": {each.member.name: _content(each) for each in self.members},
            "missing": [each.member.name for each in self.missing],
            "partial": self.partial,
            "aggregate": None if self.value is None else 100 * self.value,
            "ci95": _percents(self.estimate),
        }


def stored_groups(output_dir: Path) -> list[AskedGroup]:
    """Return the groups that the folder's runs asked, each as it was asked last. Raises NorthstarError."""
    found: dict[str, AskedGroup] = {}
    for run in read_run_json(output_dir / RUN_JSON).get("runs", []):
        for stored in (run.get("plan") or {}).get("groups", ()):
            try:
                group = AskedGroup.model_validate(stored)
            except ValidationError:
                raise NorthstarError(
                    f"{output_dir / RUN_JSON} has a group that this version can't read; was it changed by hand?"
                ) from None
            found[group.name] = group
    return list(found.values())


def groups_to_show(
    asked: Sequence[AskedGroup], wanted: Collection[str] | None, folders: Sequence[Path]
) -> list[AskedGroup]:
    """Return the groups to show: those asked for, and those that the runs asked if all of their members are wanted.

    Args:
        asked: Those that --benchmarks names.
        wanted: The benchmarks that it names, with the members of these groups; None for all.
        folders: The benchmarks' folders.
    """
    output_dir = output_dir_of(folders[0]) if folders else None
    stored = [] if output_dir is None else stored_groups(output_dir)
    found = {
        group.name: group for group in stored if wanted is None or all(member.name in wanted for member in group.there)
    }
    return list((found | {group.name: _in_folders(group, folders) for group in asked}).values())


def _in_folders(group: AskedGroup, folders: Sequence[Path]) -> AskedGroup:
    """Return a group whose members are called as the folders that hold their splits."""
    there = {folder.name: folder for folder in folders}

    def name_of(member: GroupMember) -> str:
        parsed = parsed_name(member.name)
        if member.name in there or parsed is None or parsed.benchmark not in there:
            return member.name
        folder = there[parsed.benchmark]
        of_split = [
            described(output_dir_of(folder), results_name(folder.name, seed)).get("split") for seed in (0, None)
        ]
        return folder.name if parsed.choice in of_split else member.name

    members = tuple(each.model_copy(update={"name": name_of(each)}) for each in group.members)
    return group.model_copy(update={"members": members})


def summed_groups(
    groups: Sequence[AskedGroup], parts: Mapping[str, Mapping[str, Part]], *, partial: bool
) -> list[GroupSummary]:
    """Return each group's numbers, by each judge where members were judged by several.

    Args:
        groups: The groups.
        parts: Benchmark → judge → its numbers, the main judge first and '' for unjudged outputs.
        partial: Whether the members that are there make an aggregate where others are missing.
    """
    return [
        _summed(group, parts, judge, partial=partial)
        for group in groups
        for judge in _judges([parts[each.name] for each in group.there if each.name in parts])
    ]


def _judges(members: Sequence[Mapping[str, Part]]) -> list[str]:
    """Return the judges to make a table of each; [''] where no member has several."""
    if all(len(parts) < 2 for parts in members):
        return [""]
    own = [
        judge
        for parts in members
        for place, (judge, part) in enumerate(parts.items())
        if judge and (place == 0 or WIN_RATE not in part.means)  # not those that compare with another run
    ]
    return list(dict.fromkeys(own)) or [""]


def _summed(group: AskedGroup, parts: Mapping[str, Mapping[str, Part]], judge: str, *, partial: bool) -> GroupSummary:
    members = tuple(_measured(each, parts.get(each.name, {}), judge) for each in group.members)
    there = [each for each in members if each.value is not None]
    incomplete = len(there) < len(members)
    value = estimate = None
    if there and (partial or not incomplete):
        shares = [each.member.share for each in there]
        value = sum(s * each.value for s, each in zip(shares, there, strict=True) if each.value is not None) / sum(
            shares
        )
        known = [(each.member.share, each.estimate) for each in there if each.estimate is not None]
        estimate = weighted_mean(known) if len(known) == len(there) else None
    return GroupSummary(group.name, judge, members, value, estimate, incomplete)


def _measured(member: GroupMember, parts: Mapping[str, Part], judge: str) -> Measured:
    """Return a member's number: by this judge, where the member is judged at all."""
    if member.absent:
        return Measured(member, lacks=f"Northstar doesn't have it: {member.absent}")
    if not parts:
        return Measured(member, lacks="no complete results")
    if judge and judge not in parts and any(parts):
        return Measured(member, lacks=f"not judged by {judge}")
    part = parts[judge] if judge in parts else next(iter(parts.values()))
    if part.unjudged and member.metric in (None, JUDGE_SCORE):  # its other score is another number
        return Measured(member, lacks="not judged")
    metric = member.metric or next(iter(part.means), "")
    if metric not in part.means:
        return Measured(member, lacks=f"the results have no {metric or 'score'}")
    return _of_mean(member, metric, part.means[metric])


def _of_mean(member: GroupMember, metric: str, mean: RowMean) -> Measured:
    rows, k = mean.values.shape
    interval = interval_95(mean.values, mean.weights)
    value = mean.mean
    estimate = None if interval is None else Estimate(value, *interval)
    return Measured(member, metric, estimate, value, rows, k)


def _content(each: Measured) -> dict[str, Any]:
    return {
        "share": each.member.share,
        "metric": each.metric or each.member.metric,
        "value": None if each.value is None else 100 * each.value,
        "ci95": _percents(each.estimate),
        "num_entries": each.rows,
        "repeats": each.k,
        **({"lacks": each.lacks} if each.lacks else {}),
    }


def _percents(estimate: Estimate | None) -> list[float] | None:
    return None if estimate is None else [100 * estimate.low, 100 * estimate.high]
