"""Parses `++key.sub=value` overrides and checks them against the typed settings."""

from __future__ import annotations

import difflib
import os
import shlex
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from northstar.config.settings import AllSettings
from northstar.config.values import read_value
from northstar.core.credentials import HIDDEN, is_secret_setting, secret_in, secret_values, without_forms
from northstar.core.errors import UsageError

Tree = dict[str, Any]
_SHORTEST_KNOWN = 12
"""Minimum length of a secret to search for; shorter ones may occur by chance."""


def parse_overrides(words: Sequence[str], model: type[BaseModel] = AllSettings) -> Tree:
    """['++inference.top_p=0.9', …] → {'inference': {'top_p': 0.9}}, typed by `model`'s fields.

    The last override of a key wins. Raises UsageError for another form, an unknown key (naming the nearest
    one) or a value that can't be read; `settings_from` checks that values fit.
    """
    tree: Tree = {}
    for word in words:
        key, raw = key_and_value(word)
        path = key.split(".")
        is_text = _check_key(model, path)
        _put(tree, path, _unquoted(raw) if is_text else _value(word, raw), word)
    return tree


def override_tree(given: str | Sequence[str] | Mapping[str, Any], option: str) -> Tree:
    """Parse overrides from a shell-quoted text (the value of `option`), a list, or a nested dict. Raises UsageError."""
    return dict(given) if isinstance(given, Mapping) else parse_overrides(override_words(given, option))


def override_words(given: str | Sequence[str], option: str) -> list[str]:
    """Split a shell-quoted text into overrides; return a list as it is. Raises UsageError."""
    try:
        return shlex.split(given) if isinstance(given, str) else list(given)
    except ValueError as error:
        raise UsageError(f"{option}='{without_forms(str(given))}' is not quoted as a shell would: {error}.") from None


def settings_from(tree: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> AllSettings:
    """Merge the user's `tree` over `defaults` (a benchmark's) into checked settings. Raises UsageError."""
    _check_names(AllSettings, tree)
    _check_no_secrets(tree)
    merged = merged_trees(defaults or {}, tree)
    try:
        return AllSettings.model_validate(merged)
    except ValidationError as error:
        raise UsageError("; ".join(_explain(problem) for problem in error.errors()) + ".") from None


def known_keys(model: type[BaseModel] = AllSettings, prefix: str = "") -> list[str]:
    """List all valid keys, dotted; a free-form group ends in a dot."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        if inner is not None:
            keys += known_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name + ("." if _is_mapping(field.annotation) else ""))
    return keys


def key_and_value(word: str) -> tuple[str, str]:
    """Split '++key=value' into ('key', 'value'). Raises UsageError for an argument of another form."""
    key, equals, raw = word.removeprefix("++").partition("=")
    if not word.startswith("++"):
        shown = _quoted(word)
        hint = f" Did you mean '++{shown.lstrip('+-')}'?" if equals else " Settings look like ++inference.top_p=0.9."
        raise UsageError(f"unexpected argument '{shown}'.{hint}")
    if not word.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in word):
        raise UsageError(f"the value of '++{key}' is not UTF-8 text.")
    if not equals or not key:
        raise UsageError(f"'{word}' has no value: write ++{key or 'key'}=value.")
    return key, raw


def _check_key(model: type[BaseModel], path: Sequence[str]) -> bool:
    """Return whether the key is a text field, whose value is kept as typed. Raises UsageError for an unknown key."""
    current: type[BaseModel] = model
    key = ".".join(path)
    for depth, name in enumerate(path):
        field = current.model_fields.get(name)
        if field is None:
            raise _unknown(key, model)
        if _is_mapping(field.annotation) and all(path):
            return False
        inner = _model_of(field.annotation)
        if inner is not None:
            current = inner
        elif depth + 1 == len(path):
            return _is_text(field.annotation)
        elif not _is_mapping(field.annotation):
            raise UsageError(f"'++{key}': '{'.'.join(path[: depth + 1])}' has no parts of its own.")
        else:
            break
    group = key.rstrip(".")
    raise UsageError(f"'++{key}' names a group; set one of its parts, such as {_part_of(group, model)}=value.")


def _check_names(model: type[BaseModel], tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> None:
    """Raise UsageError for the first key, at any depth, that `model` doesn't know."""
    for name, value in tree.items():
        field = model.model_fields.get(name)
        if field is None:
            raise _unknown(".".join((*path, str(name))), AllSettings)
        inner = _model_of(field.annotation)
        if inner is not None and isinstance(value, Mapping):
            _check_names(inner, value, (*path, name))


def _check_no_secrets(tree: Mapping[str, Any]) -> None:
    """Raise UsageError for a value that looks like an API key: settings are written to run.json and job files."""
    known = [value for value in secret_values(os.environ) if len(value) >= _SHORTEST_KNOWN]
    if (name := secret_in(tree, known=known)) is not None:
        raise UsageError(
            f"++{name} looks like an API key; settings are written to run.json. Leave it out, and keep the key "
            "in the environment: MODEL_API_KEY for the model's server, JUDGE_API_KEY for the judge's."
        )


def _unknown(key: str, model: type[BaseModel]) -> UsageError:
    return UsageError(f"unknown setting '++{key}'.{_nearest(key, model)}")


def _nearest(key: str, model: type[BaseModel]) -> str:
    known = [name.rstrip(".") for name in known_keys(model)]
    if key in known:  # from Python: dots in one key
        group, _, name = key.rpartition(".")
        return f" In a dict it is written {{'{group}': {{'{name}': …}}}}."
    by_last = {name.rsplit(".", 1)[-1]: name for name in known}
    last = key.rsplit(".", 1)[-1]
    near = [
        by_last[name] for name in difflib.get_close_matches(last, by_last, n=1 if last in by_last else 2, cutoff=0.65)
    ]
    near = near or difflib.get_close_matches(key, known, n=1, cutoff=0.75)
    if near:
        return f" Did you mean {' or '.join('++' + name for name in near)}?"
    return " All settings: ns settings"


def _part_of(group: str, model: type[BaseModel]) -> str:
    """Return an example key of the group: the first known one, or any name in a free-form group."""
    first = next(name for name in known_keys(model) if name.startswith(group + "."))
    return f"++{group}.name" if first == group + "." else f"++{first}"


def _put(tree: Tree, path: Sequence[str], value: Any, word: str) -> None:
    for name in path[:-1]:
        child = tree.setdefault(name, {})
        if not isinstance(child, dict):
            raise UsageError(f"'{_quoted(word)}' contradicts an earlier override of '{name}'.")
        tree = child
    tree[path[-1]] = value


def merged_trees(under: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    """Return both trees in one; where both have a value, that of `over`."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merged_trees(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _value(word: str, raw: str) -> Any:
    if not raw:
        raise UsageError(f"'{word}' has no value (null omits a setting).")
    try:
        return read_value(raw)
    except ValueError:
        raise UsageError(
            f"cannot read '{_shortened(_quoted(word))}': its value must be a number, true, false, null, text or [a, b]."
        ) from None


def _unquoted(raw: str) -> str:
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "'\"":
        return raw[1:-1]
    return raw


_MUST_BE = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be True or False",
    "string_type": "must be text",
    "list_type": 'must be a list like ["a", "b"]',
    "dict_type": "must be a group of settings",
    "model_type": "must be a group of settings",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "string_too_short": "must not be empty",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
}


def _explain(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    must_be = _MUST_BE.get(problem["type"])
    message = problem["msg"].removeprefix("Value error, ")
    what = must_be.format(**problem.get("ctx", {})) if must_be else f"is wrong: {message}"
    word = f"++{key}={_shortened(problem['input'])}"
    return f"{_quoted(word)} {what}"


def _quoted(word: str) -> str:
    """Return an argument for a message, with secrets hidden."""
    name, equals, _ = word.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret_setting(name) else without_forms(word)


def _shortened(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:80] + "…"


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
