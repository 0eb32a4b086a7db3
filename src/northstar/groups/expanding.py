"""Expands the groups in --benchmarks to their members."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from northstar.benchmarks.registry import find_known
from northstar.config.groups import AskedGroup
from northstar.core.errors import UsageError, did_you_mean
from northstar.groups.reading import group_names, is_group, read_group


class Expanded(NamedTuple):
    """--benchmarks with the members of its groups in their place, and these groups."""

    text: str
    groups: tuple[AskedGroup, ...]


def expanded(text: str, extra: Sequence[Path] = ()) -> Expanded:
    """Expand 'my-group.yaml,aime25:4' to 'math-500:4,aime24:16,aime25:4'.

    `GROUP:k` asks all members k seeds. A benchmark that stands there twice with the same seeds is asked once.

    Args:
        text: What --benchmarks says.
        extra: Files of one's own benchmarks.

    Raises:
        UsageError: A group is wrong, or two of them ask a benchmark with different seeds.
    """
    parts = [part.strip() for part in text.split(",")]
    if not any(is_group(_name_and_seeds(part)[0]) for part in parts):
        _check_near(parts, extra)
        return Expanded(text, ())
    asked: dict[str, tuple[str, str]] = {}
    groups: list[AskedGroup] = []
    for part in parts:
        name, seeds = _name_and_seeds(part)
        if not is_group(name):
            _add(asked, name, seeds, part)
            continue
        group = read_group(name, extra)
        if any(group.name == each.name for each in groups):
            raise UsageError(f"--benchmarks={text} asks for the group '{group.name}' twice.")
        groups.append(group)
        if not group.there:
            raise UsageError(f"--benchmarks: Northstar has no member of the group '{group.name}'.")
        for member in group.there:
            _add(asked, member.name, seeds or (f":{member.repeats}" if member.repeats else ""), group.name)
    return Expanded(",".join(f"{name}{seeds}" for name, (seeds, _) in asked.items()), tuple(groups))


def expanded_names(names: Sequence[str], extra: Sequence[Path] = ()) -> Expanded:
    """Expand groups among names that have no seeds; the text has names alone."""
    found: dict[str, None] = {}
    groups: list[AskedGroup] = []
    for name in names:
        if is_group(name):
            groups.append(read_group(name, extra))
            found |= dict.fromkeys(each.name for each in groups[-1].there)
        else:
            found[name] = None
    return Expanded(",".join(found), tuple(groups))


def absent_notes(groups: Sequence[AskedGroup]) -> list[str]:
    """Return a sentence on each group that Northstar has only a part of."""
    return [
        f"{group.name} lacks {', '.join(each.name for each in group.absent)}, which Northstar doesn't have: there is "
        "no aggregate of it, unless ns summarize_results is told --partial_groups."
        for group in groups
        if group.absent
    ]


def _name_and_seeds(part: str) -> tuple[str, str]:
    """Split 'aime24:16' into name and ':16'; a path may hold colons itself.

    >>> _name_and_seeds("aime24:4..64"), _name_and_seeds("my:folder/g.yaml")
    (('aime24', ':4..64'), ('my:folder/g.yaml', ''))
    """
    name, colon, seeds = part.rpartition(":")
    if not colon or part.endswith((".yaml", ".yml")):
        return part, ""
    return name.strip(), f":{seeds.strip()}"


def _add(asked: dict[str, tuple[str, str]], name: str, seeds: str, of: str) -> None:
    there, first = asked.setdefault(name, (seeds, of))
    if there != seeds:
        raise UsageError(
            f"--benchmarks: {first} asks {name}{there}, and {of} {name}{seeds}: a benchmark is asked in one way. Write "
            "the seeds after the group's name to ask all of its members so, or leave one of them out."
        )


def _check_near(parts: Sequence[str], extra: Sequence[Path]) -> None:
    """Raise UsageError for an unknown benchmark whose name is close to a group's."""
    for part in parts:
        name, _ = _name_and_seeds(part)
        near = did_you_mean(name, group_names())
        if near and find_known(name, extra) is None:
            raise UsageError(f"unknown benchmark or group '{name}'.{near} All: ns prepare_data --list")
