"""What installed packages add to Northstar: benchmarks, server types and tool parsers, by entry points.

Packages are read when a name is looked up, and a plugin is imported when its own name is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from northstar.core.errors import NorthstarError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Group(Enum):
    """A group of entry points; its name is in the metadata of the packages."""

    BENCHMARKS = "northstar.benchmarks"
    SERVERS = "northstar.servers"
    TOOL_PARSERS = "northstar.tool_parsers"


_loaded: dict[str, str] = {}


def plugin_names(group: Group) -> list[str]:
    """The names that installed packages add; imports none of them."""
    return sorted(_found(group))


def load_plugin(group: Group, name: str, kind: type, own: Collection[str]) -> Any | None:
    """Return what a package offers under that name, or None if none does.

    Args:
        group: Which names to look in.
        name: The name.
        kind: What it must be an instance of.
        own: Northstar's own names.

    Raises:
        NorthstarError: The name is taken twice, the import fails, or it is something else.
    """
    found = _found(group).get(name, ())
    if not found:
        return None
    if name in own:
        other = origin(found[0])
        raise NorthstarError(
            f"'{name}' is taken twice: by Northstar and by {other}. Uninstall it, or rename its entry."
        )
    if len(found) > 1:
        both = " and ".join(map(origin, found))
        raise NorthstarError(f"'{name}' is taken twice: by {both}. Uninstall one of them, or rename its entry.")
    entry = found[0]
    try:
        plugin = entry.load()
    except (Exception, SystemExit) as error:
        raise NorthstarError(
            f"{origin(entry)} cannot be imported: {type(error).__name__}: {error}. Repair or uninstall it."
        ) from error
    if not isinstance(plugin, kind):
        raise NorthstarError(f"{origin(entry)} is a {type(plugin).__name__}; it must be a {kind.__name__}.")
    if entry.dist is not None:
        _loaded[entry.dist.name] = entry.dist.version
    return plugin


def plugin_origin(group: Group, name: str) -> str:
    """The package and the entry point of a plugin that was loaded."""
    return origin(_found(group)[name][0])


def loaded_versions() -> Mapping[str, str]:
    """Package → version, of the plugins that this process has loaded."""
    return dict(_loaded)


def origin(entry: EntryPoint) -> str:
    """'my-evals 1.2 (northstar.benchmarks: my-bench = my_evals.bench:BENCHMARK)'."""
    package = "an unnamed package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
    return f"{package} ({entry.group}: {entry.name} = {entry.value})"


@cache
def _found(group: Group) -> Mapping[str, tuple[EntryPoint, ...]]:
    from importlib.metadata import entry_points

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=group.value):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found
