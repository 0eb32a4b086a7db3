"""Shared by parsers whose calls are JSON objects. NaN and Infinity are read, as Python's json does and so vLLM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from northstar.core.text import storable
from northstar.models.tool_parsers.parser import Parsed, ToolCall
from northstar.models.tools import are_no_arguments


class Broken(Exception):
    """Text marked as a call is malformed."""


_decoder = json.JSONDecoder()
_space = re.compile(r"\s*")
_leftover = re.compile(r"<\|\w{1,64}\|>|</s>|```\w*")


def skip_space(text: str, at: int) -> int:
    """Return the position of the next character that is not white space."""
    found = _space.match(text, at)
    assert found is not None
    return found.end()


def read_json_at(text: str, at: int) -> tuple[Any, int]:
    """Return the JSON value at `at`, after white space, and where it ends. Raises Broken."""
    try:
        return _decoder.raw_decode(text, skip_space(text, at))
    except (ValueError, RecursionError) as error:
        raise Broken from error


def read_objects(text: str, at: int, separators: str = ",") -> tuple[list[Any], int]:
    """Return the objects of a list, or objects in sequence with at most one of `separators` between them."""
    value, end = read_json_at(text, at)
    if isinstance(value, list):
        return value, end
    values = [value]
    while True:
        following = skip_space(text, end)
        if following < len(text) and text[following] in separators:
            following = skip_space(text, following + 1)
        if not text.startswith("{", following):
            return values, end
        value, end = read_json_at(text, following)
        values.append(value)


def call_of(value: Any) -> ToolCall:
    """{"name": …, "arguments": {…}} as a call; `parameters` is read too, arguments may be JSON in a string, or none.

    Raises Broken.
    """
    if not isinstance(value, dict):
        raise Broken
    given = (value.get(key) for key in ("arguments", "parameters"))
    return named_call(value.get("name"), next((each for each in given if not are_no_arguments(each)), None))


def named_call(name: Any, arguments: Any) -> ToolCall:
    """Return a call from its parts; an empty name is a name. Raises Broken."""
    if are_no_arguments(arguments):
        arguments = {}
    elif isinstance(arguments, str):
        arguments = read_json_whole(arguments)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise Broken
    try:
        return ToolCall(storable(name), json.dumps(arguments))
    except (ValueError, RecursionError) as error:
        raise Broken from error


def read_arguments_at(text: str, at: int, closing: str) -> tuple[Any, int]:
    """Return the arguments at `at`; only `closing` means none. Raises Broken."""
    start = skip_space(text, at)
    if text.startswith(closing, start):
        return {}, start
    return read_json_at(text, start)


def read_json_whole(text: str) -> Any:
    """Return the JSON value that the whole text is. Raises Broken."""
    value, end = read_json_at(text, 0)
    if skip_space(text, end) != len(text):
        raise Broken
    return value


def beside(parts: Iterable[str]) -> str:
    """Join the texts around calls, without what belongs to these: fences, special tokens, brackets and separators."""
    bare = (_leftover.sub("", part).lstrip("]},; \t\r\n").rstrip("[{,; \t\r\n") for part in parts)
    return "\n".join(part for part in bare if re.search(r"\w", part))


def marked_calls(
    text: str, opening: str, closing: str, read: Callable[[str, int], tuple[list[ToolCall], int]]
) -> Parsed:
    """All that stands between marks, and the text around them. The last closing mark may be missing.

    read: from the text and a place after an opening mark to calls and the place after them; raises Broken.
    """
    calls: list[ToolCall] = []
    outside: list[str] = []
    at = 0
    try:
        while (start := text.find(opening, at)) >= 0:
            outside.append(text[at:start])
            found, end = read(text, start + len(opening))
            calls += found
            end = skip_space(text, end)
            if text.startswith(closing, end):
                at = end + len(closing)
            elif end == len(text):
                at = end
            else:
                raise Broken
    except Broken:
        return Parsed((), text)
    outside.append(text[at:])
    return Parsed(tuple(calls), "".join(outside).replace(closing, "").strip() if calls else text)


def each_call(values: list[Any]) -> Iterator[ToolCall]:
    """Yield the calls. Raises Broken for any other value."""
    return map(call_of, values)
