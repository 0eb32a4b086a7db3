"""Finds groups by name or path, and reads them with the groups that they name; what is wrong is named by its line."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from northstar.benchmarks.metric_names import metric_names
from northstar.benchmarks.registry import benchmark_names, find_benchmark, find_known
from northstar.config.groups import AskedGroup, GroupMember
from northstar.config.typed_file import Place, line_of, read_typed
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.regular import read_whole
from northstar.groups.group import Absent, Group, Member
from northstar.task.benchmark import Benchmark

_ENDINGS = (".yaml", ".yml")


def group_names() -> list[str]:
    """Return the names of the groups that come with Northstar."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def is_group(name: str) -> bool:
    """Return whether a name is that of a group: one of Northstar's, or a path that ends in .yaml.

    >>> is_group("aa-index-3"), is_group("my-group.yaml"), is_group("aime24")
    (True, True, False)
    """
    return name.endswith(_ENDINGS) or name in group_names()


def about_group(name: str) -> str:
    """Return the line that describes one of Northstar's groups."""
    return read_typed(_shipped() / f"{name}.yaml", Group, "a group").about


def read_group(name: str, extra: Sequence[Path] = ()) -> AskedGroup:
    """Read a group of Northstar by name, or one's own by path; its name is then that of the file.

    Args:
        name: The name, or a path that ends in .yaml.
        extra: Files of one's own benchmarks.

    Raises:
        UsageError: There is none, or it is wrong; the sentence names file and line.
    """
    path = _path(name, Path())
    return AskedGroup(name=path.stem, members=tuple(_members(path, extra, ())))


def _members(path: Path, extra: Sequence[Path], outer: tuple[Path, ...]) -> list[GroupMember]:
    """Return the members of a group and of the groups inside of it, with shares that sum to 1.

    outer: the files by which this one was named, outermost first.
    """
    group = read_typed(path, Group, "a group")
    total = sum(each.weight for each in (*group.members.values(), *group.absent.values()))
    found: dict[str, GroupMember] = {}
    for name, member in group.members.items():
        place = ("members", name)
        inner = _inner(name, path)
        if inner is None:
            mine = [_benchmark(place, member, extra, path)]
        elif inner.resolve() in (each.resolve() for each in (*outer, path)):
            chain = " → ".join(each.stem for each in (*outer, path, inner))
            raise _wrong(path, place, f"the group names itself: {chain}.")
        elif member.repeats is not None or member.metric is not None:
            raise _wrong(path, place, f"{name} is a group: repeats and metrics are those of its members.")
        else:
            mine = _members(inner, extra, (*outer, path))
        for each in mine:
            _add(found, each.model_copy(update={"share": each.share * member.weight / total}), place, path)
    for name, absent in group.absent.items():
        place = ("absent", name)
        known = find_known(name, extra) is not None
        each = _benchmark(place, absent, extra, path) if known else _missing(name, absent)
        _add(found, each.model_copy(update={"share": absent.weight / total}), place, path)
    return list(found.values())


def _missing(name: str, absent: Absent) -> GroupMember:
    return GroupMember(name=name, share=1.0, repeats=absent.repeats or 0, absent=absent.why or "unknown")


def _benchmark(place: tuple[str, str], member: Member, extra: Sequence[Path], path: Path) -> GroupMember:
    name = place[1]
    try:
        benchmark = find_benchmark(name, extra)
    except UsageError as error:
        if near := did_you_mean(name, [*benchmark_names(), *group_names()]):
            raise _wrong(path, place, f"unknown benchmark or group '{name}'.{near}") from None
        raise _wrong(path, place, str(error)) from None
    _check_metric(member, benchmark, place, path)
    return GroupMember(name=name, share=1.0, repeats=member.repeats or 0, metric=member.metric)


def _check_metric(member: Member, benchmark: Benchmark, place: Place, path: Path) -> None:
    known = metric_names(benchmark)
    if member.metric is not None and member.metric not in known:
        raise _wrong(
            path,
            (*place, "metric"),
            f"{benchmark.whole_name} has no metric '{member.metric}'.{did_you_mean(member.metric, known)} It has "
            f"{', '.join(known)}.",
        )


def _add(found: dict[str, GroupMember], member: GroupMember, place: Place, path: Path) -> None:
    """Add a member; one that is there already, by another group, counts for both."""
    there = found.setdefault(member.name, member)
    if there is member:
        return
    if there.model_copy(update={"share": member.share}) != member:
        raise _wrong(path, place, f"{member.name} is in the group twice, with other repeats or another metric.")
    found[member.name] = there.model_copy(update={"share": there.share + member.share})


def _inner(name: str, path: Path) -> Path | None:
    """Return the file of a member that is a group, relative to the group's own; None for a benchmark."""
    return _path(name, path.parent) if is_group(name) else None


def _path(name: str, folder: Path) -> Path:
    if name.endswith(_ENDINGS):
        return folder / Path(name).expanduser()
    if name not in group_names():
        known = group_names()
        raise UsageError(
            f"there is no group '{name}'.{did_you_mean(name, known)} There are {', '.join(known)}; one of your own is "
            "named by its path, ending in .yaml."
        )
    return _shipped() / f"{name}.yaml"


def _shipped() -> Path:
    return Path(str(resources.files(__package__).joinpath("shipped")))


def _wrong(path: Path, place: Place, sentence: str) -> UsageError:
    return UsageError(f"{path}, line {line_of(read_whole(path).decode(), place)}: {sentence}")
