"""Every `++` setting with its type, default and meaning, as config/settings.py has them."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from northstar.config.settings import AllSettings, RunSettings
from northstar.core.errors import UsageError

KEY = "KEY"
"""Stands for any name in a free group: ++chat_template_kwargs.KEY."""
_WORDS = {int: "whole number", float: "number", bool: "True or False", str: "text"}


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        key: As it is written after ++: 'inference.top_p', 'eval_config.KEY'.
        type: What it takes, in words: 'number, above 0, at most 1'.
        default: Its value where none is given; '' where nothing is set.
        about: Its meaning.
        choices: All values that it takes; none where there are too many to list.
    """

    key: str
    type: str
    default: str
    about: str
    choices: tuple[str, ...] = ()


def all_settings(model: type[BaseModel] = AllSettings) -> tuple[Setting, ...]:
    """Return every setting of a model of settings, those of groups in their place; first what changes answers."""
    found = _settings(model, "")
    return tuple(sorted(found, key=lambda each: each.key.partition(".")[0] in RunSettings.model_fields))


def found_settings(word: str, settings: Sequence[Setting]) -> list[Setting]:
    """Return the settings with the word in their key, else those with it in their meaning.

    Raises:
        UsageError: There is none; the message names the nearest keys.
    """
    wanted = word.removeprefix("++").partition("=")[0].lower()
    found = [each for each in settings if wanted in each.key.lower()]
    found = found or [each for each in settings if wanted in each.about.lower()]
    if found:
        return found
    by_name = {name.lower(): each.key for each in settings for name in (each.key, each.key.rpartition(".")[2])}
    near = dict.fromkeys(by_name[name] for name in get_close_matches(wanted, by_name, n=4, cutoff=0.55))
    hint = f" Did you mean {' or '.join(f'++{key}' for key in near)}?" if near else ""
    raise UsageError(f"no setting has '{word}' in its name or meaning.{hint} All: ns settings")


def _settings(model: type[BaseModel], prefix: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        members = _members(field.annotation)
        inner = next((each for each in members if isinstance(each, type) and issubclass(each, BaseModel)), None)
        if inner is not None:
            yield from _settings(inner, f"{prefix}{name}.")
            continue
        free = any(typing.get_origin(each) is dict for each in members)
        key = f"{prefix}{name}{'.' + KEY if free else ''}"
        default = "" if free else _shown_default(field.get_default(call_default_factory=True))
        yield Setting(key, _type(members, field), default, field.description or "", _choices(members))


def _type(members: Sequence[Any], field: FieldInfo) -> str:
    named = [text for each in members if (text := _named(each))]
    words = " or ".join(dict.fromkeys(named)) + "".join(f", {limit}" for limit in _limits(field))
    optional = type(None) in members and not any(typing.get_origin(each) is dict for each in members)
    return f"{words}, or null" if optional else words


def _named(member: Any) -> str:
    if member is type(None):
        return ""
    origin = typing.get_origin(member)
    if origin is typing.Literal:
        return " or ".join(map(str, typing.get_args(member)))
    if origin in (list, tuple):
        return f"list of {_WORDS.get(typing.get_args(member)[0], 'value')}s"
    return "any value" if origin is dict else _WORDS.get(member, getattr(member, "__name__", str(member)))


def _limits(field: FieldInfo) -> Iterator[str]:
    for limit in field.metadata:
        match limit:
            case Ge():
                yield f"at least {limit.ge}"
            case Gt():
                yield f"above {limit.gt}"
            case Le():
                yield f"at most {limit.le}"
            case Lt():
                yield f"below {limit.lt}"


def _choices(members: Sequence[Any]) -> tuple[str, ...]:
    found: list[str] = []
    for each in members:
        if typing.get_origin(each) is typing.Literal:
            found += map(str, typing.get_args(each))
        if each is bool:
            found += ["True", "False"]
    return tuple(found)


def _shown_default(value: Any) -> str:
    return "" if value is None or value in ((), [], {}) else str(value)


def _members(annotation: Any) -> Sequence[Any]:
    """Return the types of a union, or the one type."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)
