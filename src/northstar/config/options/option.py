"""An option: a field of a dataclass, marked with what the command line, the Python API and mounts make of it.

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
    """What of an option's value is a path that mounts move."""

    PATH = "a path, or several"
    WORDS = "the paths among the words of a command line"
    PROGRAM = "a program; one under no mount lies where it is"
    OVERRIDES = "++prompt_config among overrides"


@dataclass(frozen=True)
class Marks:
    """What is said of an option beside its type and default.

    Args:
        help: What `--help` prints, with typer's markup.
        in_python: What Python's `help()` says instead, where that must differ.
        panel: The heading above it in `--help`.
        minimum: The least number that the command line takes.
        typed: The type on the command line, where Python takes more.
        moves: What of it is a path.
        unless: The field of its group with which it is no path: a model behind an address is a name.
        prefix: What stands before the field's name; a `_` at its end (`list_`) is not part of the option's.
        metavar: What stands for its value in `--help`.
        argument: Whether the command line takes it as a word of its own, without a `--name`.
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
        prefix: What stands before its options' names.
        only: The options that are offered, in this order; the others keep their defaults. Empty: all.
        helps: The help of these options in this place.
        panel: Their panel in this place.
        clusters: Whether they mean something only where a cluster runs jobs.
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
        type: What Python may give.
        default: MISSING where it must be given.
        marks: Those of the place.
        clusters: Whether it is for clusters only.
        offered: Whether it may be given here; else it keeps its default.
    """

    name: str
    type: Any
    default: Any
    marks: Marks
    clusters: bool = False
    offered: bool = True

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    @property
    def written(self) -> str:
        """As messages name it: --model, OUTPUT_DIR."""
        return self.name.upper() if self.marks.argument and self.required else f"--{self.name}"


def option(default: Any = MISSING, **marks: Any) -> Any:
    """A field that is an option; `marks` are those of Marks."""
    return field(default=default, metadata={"option": Marks(**marks)})


def group(kind: type[T], **part: Any) -> T:
    """A field that is a group of options; `part` is of Part."""
    made: T = field(default_factory=kind, metadata={"group": Part(kind, **part)})
    return made


def options_of(kind: type) -> tuple[Option, ...]:
    """All options that a dataclass offers, those of its groups too, in their order."""
    return tuple(_offered(Part(kind)))


def read_options(kind: type[T], given: Mapping[str, Any]) -> T:
    """The dataclass from values by the options' names; None, or no value, is the default."""
    made: T = _read(Part(kind), given)
    return made


def option_values(options: object) -> dict[str, Any]:
    """The values by the options' names."""
    values: dict[str, Any] = {}

    def note(option: Option, value: Any, _: Any) -> Any:
        values[option.name] = value
        return value

    changed_options(options, note)
    return values


def given_options(options: object) -> dict[str, Any]:
    """The same of those whose values are neither empty nor the default, in the order of `--help`."""
    values, kind = option_values(options), type(options)
    given = {each.name: values[each.name] for each in options_of(kind) if values[each.name] != each.default}
    return {name: value for name, value in given.items() if value or value == 0}


def changed_options(options: T, change: Callable[[Option, Any, Any], Any]) -> T:
    """The options with other values: `change` gets each option, its value and the group that holds it."""
    changed: T = _changed(options, Part(type(options)), change)
    return changed


def _members(part: Part) -> Iterator[tuple[str, Part | Option]]:
    """Each field with what it is, first those that are offered, in their order."""
    types = _types(part.kind)
    held = {each.name: each for each in fields(part.kind)}
    for name in dict.fromkeys((*part.only, *held)):
        inner: Part | None = held[name].metadata.get("group")
        if inner is not None:
            yield name, _within(part, inner)
        else:
            marks = _marks_in(name, held[name].metadata["option"], part)
            whole, default = part.prefix + marks.prefix + name.rstrip("_"), held[name].default
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
