"""`++key.sub=value` words from the command line, checked against typed settings before anything starts."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from northstar.config.settings import EvalSettings
from northstar.errors import UsageError

Tree = dict[str, Any]


def parse_overrides(words: Sequence[str], model: type[BaseModel] = EvalSettings) -> Tree:
    """['++inference.top_p=0.9', …] → {'inference': {'top_p': 0.9}}, typed by `model`'s fields.

    The last word for a key wins. Raises UsageError for a word of another form, an unknown key (naming the nearest
    one) or a value that isn't YAML; values are checked by `settings_from`.
    """
    tree: Tree = {}
    for word in words:
        key, raw = _split(word)
        path = key.split(".")
        is_text = _check_key(model, path)
        _put(tree, path, _unquoted(raw) if is_text else _yaml(word, raw), word)
    return tree


def settings_from(tree: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> EvalSettings:
    """The settings that the user's `tree` gives over `defaults` (a benchmark's own). UsageError names what is wrong."""
    merged = _merge(defaults or {}, tree)
    try:
        return EvalSettings.model_validate(merged)
    except ValidationError as error:
        raise UsageError("; ".join(_explain(problem) for problem in error.errors())) from None


def known_keys(model: type[BaseModel] = EvalSettings, prefix: str = "") -> list[str]:
    """All keys that an override can name, dotted; a free-form group ends in a dot."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        if inner is not None:
            keys += known_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name + ("." if _is_mapping(field.annotation) else ""))
    return keys


def _split(word: str) -> tuple[str, str]:
    key, equals, raw = word.removeprefix("++").partition("=")
    if not word.startswith("++"):
        hint = f" Did you mean '++{word.lstrip('+')}'?" if equals else " Settings look like ++inference.top_p=0.9."
        raise UsageError(f"unexpected argument '{word}'.{hint}")
    if not equals or not key:
        raise UsageError(f"'{word}' has no value: write ++{key or 'key'}=value.")
    return key, raw


def _check_key(model: type[BaseModel], path: Sequence[str]) -> bool:
    """Whether the key names a text field (its value is taken as typed). Raises UsageError for an unknown key."""
    current: type[BaseModel] = model
    for depth, name in enumerate(path):
        field = current.model_fields.get(name)
        if field is None:
            raise UsageError(f"unknown setting '++{'.'.join(path)}'.{_nearest('.'.join(path), model)}")
        if _is_mapping(field.annotation):
            if all(path):
                return False
            break
        inner = _model_of(field.annotation)
        if inner is None:
            if depth + 1 < len(path):
                raise UsageError(f"'++{'.'.join(path)}': '{'.'.join(path[: depth + 1])}' has no parts of its own.")
            return _is_text(field.annotation)
        current = inner
    raise UsageError(f"'++{'.'.join(path)}' names a group; set one of its parts, such as ++{'.'.join(path)}.key=value.")


def _nearest(key: str, model: type[BaseModel]) -> str:
    known = [name.rstrip(".") for name in known_keys(model)]
    by_last = {name.rsplit(".", 1)[-1]: name for name in known}
    near = difflib.get_close_matches(key, known, n=2, cutoff=0.6)
    near += [by_last[last] for last in difflib.get_close_matches(key.rsplit(".", 1)[-1], by_last, n=2, cutoff=0.7)]
    near = list(dict.fromkeys(near))[:2]
    if near:
        return f" Did you mean {' or '.join('++' + name for name in near)}?"
    return " All settings: ns eval --help"


def _put(tree: Tree, path: Sequence[str], value: Any, word: str) -> None:
    for name in path[:-1]:
        child = tree.setdefault(name, {})
        if not isinstance(child, dict):
            raise UsageError(f"'{word}' contradicts an earlier override of '{name}'.")
        tree = child
    tree[path[-1]] = value


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _yaml(word: str, raw: str) -> Any:
    try:
        return yaml.safe_load(raw)
    except yaml.YAMLError:
        raise UsageError(
            f"cannot read '{word}': its value must be a number, true, false, null, text or [a, b]."
        ) from None


def _unquoted(raw: str) -> str:
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "'\"":
        return raw[1:-1]
    return raw


def _explain(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"++{key}={problem['input']!r}: {message}"


def _members(annotation: Any) -> Iterable[Any]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            return member
    return None


def _is_mapping(annotation: Any) -> bool:
    return any(typing.get_origin(member) is dict for member in _members(annotation))


def _is_text(annotation: Any) -> bool:
    return set(_members(annotation)) <= {str, type(None)}
