"""Options: dataclass fields with marks for the command line, the Python API and path mapping.

A group is a frozen dataclass of options, and of further groups. A group can stand in others several times, each time
under another prefix: `server_args` of the model, `judge_server_args` of the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


class Moves(Enum):
    """Which part of an option's value is a path to map."""

    PATH = "a path, or several"
    WORDS = "the paths in a command line"
    PROGRAM = "a program; one under no mount keeps its path"
    OVERRIDES = "++prompt_config among overrides"


@dataclass(frozen=True)
class Marks:
    """Describes an option beyond its type and default.

    Args:
        help: What `--help` prints, with typer's markup.
        in_python: The text for Python's `help()`, where it must differ.
        panel: The heading above it in `--help`.
        minimum: The smallest number allowed on the command line.
        typed: The type on the command line, where Python accepts more types.
        moves: Which part of it is a path to map.
        unless: A field of its group that, if set, makes it a plain name: a model behind an address.
        prefix: Prefix of the option's name; a trailing `_` of the field (`list_`) is dropped.
        metavar: The placeholder of its value in `--help`.
        argument: Whether it is a positional argument on the command line.
        command_only: Whether the Python API lacks it.
    """

    help: str
    in_python: str = ""
    panel: str | None = None
    minimum: float | None = None
    typed: Any = None
    moves: Moves | None = None
    unless: str | None = None
    prefix: str = ""
    metavar: str | None = None
    argument: bool = False
    command_only: bool = False


@dataclass(frozen=True)
class Part:
    """A group within a group.

    Args:
        kind: Its dataclass.
        prefix: Prefix of its options' names.
        only: The options offered, in this order; the others keep their defaults. Empty for all.
        helps: Help texts that replace the options' own.
        panel: The heading that replaces the options' own.
        clusters: Whether they only apply to clusters that run jobs.
        command_only: Whether the Python API lacks them.
    """

    kind: type
    prefix: str = ""
    only: Sequence[str] = ()
    helps: Mapping[str, str] = field(default_factory=dict)
    panel: str | None = None
    clusters: bool = False
    command_only: bool = False


@dataclass(frozen=True)
class Option:
    """An option as a command or function offers it.

    Args:
        name: Its whole name: judge_server_args.
        type: Its type in Python.
        default: MISSING where it must be given.
        marks: Its marks in this command or function.
        clusters: Whether it is for clusters only.
        offered: Whether it can be set; else it keeps its default.
    """

    name: str
    type: Any
    default: Any
    marks: Marks
    clusters: bool = False
    offered: bool = True

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING

    @property
    def written(self) -> str:
        """Its name in messages: --model, OUTPUT_DIR."""
        return self.name.upper() if self.marks.argument and self.required else f"--{self.name}"


def option(default: Any = MISSING, **marks: Any) -> Any:
    """Make a dataclass field that is an option. marks: fields of Marks."""
    return field(default=default, metadata={"option": Marks(**marks)})


def group(kind: type[T], **part: Any) -> T:
    """Make a dataclass field that is a group of options. part: fields of Part."""
    made: T = field(default_factory=kind, metadata={"group": Part(kind, **part)})
    return made


def options_of(kind: type) -> tuple[Option, ...]:
    """List all options of a dataclass and its groups, in order."""
    return tuple(_offered(Part(kind)))


def read_options(kind: type[T], given: Mapping[str, Any]) -> T:
    """Build the dataclass from values by option name; None or no value means the default."""
    made: T = _read(Part(kind), given)
    return made


def option_values(options: object) -> dict[str, Any]:
    """Return the values by option name."""
    values: dict[str, Any] = {}

    def note(option: Option, value: Any, _: Any) -> Any:
        values[option.name] = value
        return value

    changed_options(options, note)
    return values


def given_options(options: object) -> dict[str, Any]:
    """Return the values that are neither empty nor the default, by option name, in `--help` order."""
    values, kind = option_values(options), type(options)
    given = {each.name: values[each.name] for each in options_of(kind) if values[each.name] != each.default}
    return {name: value for name, value in given.items() if value or value == 0}


def changed_options(options: T, change: Callable[[Option, Any, Any], Any]) -> T:
    """Replace values: `change` gets each option, its value and its group."""
    changed: T = _changed(options, Part(type(options)), change)
    return changed


def _members(part: Part) -> Iterator[tuple[str, Part | Option]]:
    """Each field with what it is, first those that are offered, in their order."""
    types = _types(part.kind)
    known = {each.name: each for each in fields(part.kind)}
    for name in dict.fromkeys((*part.only, *known)):
        inner: Part | None = known[name].metadata.get("group")
        if inner is not None:
            yield name, _within(part, inner)
        else:
            marks = _marks_in(name, known[name].metadata["option"], part)
            whole, default = part.prefix + marks.prefix + name.rstrip("_"), known[name].default
            offered = not part.only or name in part.only
            yield name, Option(whole, types[name], default, marks, part.clusters, offered)


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _within(outer: Part, inner: Part) -> Part:
    """A part of a part: under both prefixes, for clusters or commands only if either is."""
    return replace(
        inner,
        prefix=outer.prefix + inner.prefix,
        panel=inner.panel or outer.panel,
        clusters=outer.clusters or inner.clusters,
        command_only=outer.command_only or inner.command_only,
    )


def _marks_in(name: str, marks: Marks, part: Part) -> Marks:
    return replace(
        marks,
        help=part.helps.get(name, marks.help),
        panel=part.panel or marks.panel,
        command_only=marks.command_only or part.command_only,
    )


def _offered(part: Part) -> Iterator[Option]:
    for _, member in _members(part):
        if isinstance(member, Part):
            yield from _offered(member)
        elif member.offered:
            yield member


def _read(part: Part, given: Mapping[str, Any]) -> Any:
    values = {}
    for name, member in _members(part):
        if isinstance(member, Part):
            values[name] = _read(member, given)
        elif member.offered and given.get(member.name) is not None:
            values[name] = given[member.name]
    return part.kind(**values)


def _changed(options: Any, part: Part, change: Callable[[Option, Any, Any], Any]) -> Any:
    values = {}
    for name, member in _members(part):
        value = getattr(options, name)
        values[name] = _changed(value, member, change) if isinstance(member, Part) else change(member, value, options)
    return replace(options, **values)
