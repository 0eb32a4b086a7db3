"""Two identities held against each other: whether results of both may stand in one table, and if not, why."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from northstar.models.identity.served import is_telling
from northstar.results.run_json import shortly
from northstar.servers.arguments.arguments import by_name, split_words
from northstar.servers.arguments.operational import OPERATIONAL

Flat = Mapping[str, Any]
Contents = Mapping[str, Mapping[str, str]]
"""The hash of a model's files → these, each with its own hash."""

MODEL, COMMIT, NAMED = "model_content", "model_commit", "server.files"
SAID = "said."
"""Begins the names of what a server says of its model."""
ARGS = "server.args"
_FILES_SHOWN = 8
_BUT_PATHS = "_but_paths"


def but_paths(key: str) -> str:
    """The name of a text of the server's with what stands for the paths in it."""
    return key + _BUT_PATHS


def differences(there: Flat, now: Flat, contents: Contents, written: Mapping[str, str] | None = None) -> list[str]:
    """What differs, a line each, in words for a person.

    A model, and what the server's arguments name, is held against the other by its content where both are known so,
    whatever the paths; else by its name. written: other names of a path → the one that `now` has.
    """
    name = str(there.get("model"))
    there = {**there, "model": (written or {}).get(name, name)} if "model" in there else there
    skipped = _not_compared(there, now)
    lines: list[str] = []
    for key in [*there, *(key for key in now if key not in there)]:
        before, mine = there.get(key), now.get(key)
        if key in skipped or _agree(key, there, now):
            continue
        if key == MODEL and there.get("model") != now.get("model"):
            lines.append(f"model: {shortly(there.get('model'))} there, {shortly(now.get('model'))} now")
        if key.removesuffix(_BUT_PATHS) == ARGS:
            before, mine = _that_differ(before, mine)
        if key in (MODEL, NAMED):
            lines += _files(key, contents.get(str(before), {}), contents.get(str(mine), {}))
        else:
            lines.append(f"{_named(key)}: {shortly(before)} there, {shortly(mine)} now")
    return lines


def said_otherwise(there: Flat, now: Flat) -> list[str]:
    """What a server says otherwise of its model that makes no other model of it, a line each."""
    keys = [key for key in there if key.startswith(SAID) and key in now and not is_telling(key)]
    return [
        f"{key.removeprefix(SAID)}: {shortly(there[key])} there, {shortly(now[key])} now"
        for key in keys
        if not _agree(key, there, now)
    ]


def all_said(there: Flat, now: Flat) -> dict[str, Any]:
    """What the servers of one model have said of it: of what tells it all, of the rest the newest."""
    found = {key: value for key, value in {**there, **now}.items() if key.startswith(SAID)}
    for key in filter(is_telling, found):
        values = [*_values(there, key), *_values(now, key)]
        once = [value for number, value in enumerate(values) if value not in values[:number]]
        found[key] = once[0] if len(once) == 1 else sorted(once, key=str)
    return found


def joined(there: Flat, now: Flat) -> dict[str, Any]:
    """The identity to go on with: `now`, and what is known from before that nobody could see this time."""
    return {key: value for key, value in there.items() if _tells_the_model(key)} | dict(now)


def is_known_by_content(identity: Flat) -> bool:
    """Whether the model is known by more than what its server says."""
    return MODEL in identity or COMMIT in identity


def _tells_the_model(key: str) -> bool:
    return key in (MODEL, COMMIT) or key.startswith(SAID)


def _not_compared(there: Flat, now: Flat) -> set[str]:
    """Of two ways in which the same is known only one counts; what one of the two didn't see can't."""

    def both(key: str) -> bool:
        return key in there and key in now

    skipped = {"model", "server.model_bytes"} if both(MODEL) else {MODEL}
    skipped |= set() if both(COMMIT) else {COMMIT}
    skipped |= set() if both(NAMED) else {NAMED}
    for key in (*there, *now):
        if key.endswith(_BUT_PATHS):
            skipped.add(key.removesuffix(_BUT_PATHS) if both(key) else key)
    return skipped | {key for key in (*there, *now) if key.startswith(SAID) and not (both(key) and is_telling(key))}


def _agree(key: str, there: Flat, now: Flat) -> bool:
    """Behind a router there may be several servers, of which not all answer every time."""
    if key.startswith(SAID):
        return any(value in _values(now, key) for value in _values(there, key))
    if key.removesuffix(_BUT_PATHS) == ARGS:
        return _that_differ(there.get(key), now.get(key)) == (None, None)
    return bool(there.get(key) == now.get(key))


def _that_differ(before: Any, mine: Any) -> tuple[str | None, str | None]:
    """Of two texts of arguments those that aren't the same in both; an earlier version noted more than count."""
    there, now = _arguments(before), _arguments(mine)
    extra = {name for name in there if name in OPERATIONAL and name not in now}
    names = [name for name in {**there, **now} if name not in extra and there.get(name) != now.get(name)]

    def some(held: Mapping[str, Sequence[tuple[str, ...]]]) -> str | None:
        words = [word for name in names for values in held.get(name, ()) for word in (name, *values) if word]
        return shlex.join(words) if words else None

    return some(there), some(now)


def _arguments(text: Any) -> dict[str, list[tuple[str, ...]]]:
    return by_name(split_words(str(text or ""), ARGS))


def _values(said: Flat, key: str) -> list[Any]:
    """Each that was said, null too; none where nothing was."""
    if key not in said:
        return []
    return said[key] if isinstance(said[key], list) else [said[key]]


def _files(key: str, before: Mapping[str, str], mine: Mapping[str, str]) -> list[str]:
    """Which of the files differ."""
    whose = "the model's" if key == MODEL else "the server's"
    names = [*before, *(name for name in mine if name not in before)]
    lines = [f"{whose} {name}: {_how(name, before, mine)}" for name in names if before.get(name) != mine.get(name)]
    if len(lines) > _FILES_SHOWN:
        lines[_FILES_SHOWN - 1 :] = [f"{whose} other files: {len(lines) - _FILES_SHOWN + 1} more differ"]
    return lines or [f"{whose} files: changed"]


def _how(name: str, before: Mapping[str, str], mine: Mapping[str, str]) -> str:
    return "changed" if name in before and name in mine else "gone" if name in before else "new"


def _named(key: str) -> str:
    if key.startswith(SAID):
        return f"what the server says of the model, {key.removeprefix(SAID)}"
    return "the model's commit" if key == COMMIT else key.removesuffix(_BUT_PATHS)
