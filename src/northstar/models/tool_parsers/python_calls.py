"""Parses calls and literals in Python's syntax without evaluating or compiling them, in linear time."""

from __future__ import annotations

import re
from typing import Any

from northstar.models.tool_parsers.json_calls import Broken, named_call, skip_space
from northstar.models.tool_parsers.parser import ToolCall

DEEPEST = 64
"""The deepest nesting of lists and dicts."""

_name = re.compile(r"[^\W\d]\w*")
_dotted = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_number = re.compile(r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_string = re.compile(
    r"""([rR])?(?:'''((?:[^\\']|\\.|'(?!''))*)'''|\"""((?:[^\\"]|\\.|"(?!""))*)\"""|"""
    r"""'((?:[^\\'\n]|\\.)*)'|"((?:[^\\"\n]|\\.)*)")""",
    re.DOTALL,
)
_escape = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_escaped = {"n": "\n", "t": "\t", "r": "\r", "\n": "", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_escaped |= {"\\": "\\", "'": "'", '"': '"'}
_words: dict[str, Any] = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}


def read_calls(text: str) -> list[ToolCall]:
    """Return all calls of a text such as `[f(a=1), g.h()]`; brackets are optional. Raises Broken for any other text."""
    start = skip_space(text, 0)
    bracketed = text.startswith("[", start)
    calls, at = list[ToolCall](), start + 1 if bracketed else start
    while True:
        call, at = _call(text, at)
        calls.append(call)
        at = skip_space(text, at)
        if text.startswith(",", at):
            at = skip_space(text, at + 1)
            if not text.startswith("]", at) and at < len(text):
                continue
        if bracketed:
            at = skip_space(text, _expect(text, at, "]"))
        if at != len(text):
            raise Broken
        return calls


def _call(text: str, at: int) -> tuple[ToolCall, int]:
    name = _dotted.match(text, skip_space(text, at))
    if name is None:
        raise Broken
    at = skip_space(text, _expect(text, name.end(), "("))
    arguments: dict[str, Any] = {}
    while not text.startswith(")", at):
        key = _name.match(text, at)
        if key is None or key[0] in arguments:
            raise Broken
        arguments[key[0]], at = _value(text, _expect(text, key.end(), "="), DEEPEST)
        at = _next(text, at, ")")
    return named_call(name[0], arguments), at + 1


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Parse a literal to JSON: tuples become lists, and a bare name its own text, as if a variable had been meant."""
    at = skip_space(text, at)
    if depth == 0 or at >= len(text):
        raise Broken
    if text[at] in "[(":
        return _sequence(text, at, depth)
    if text[at] == "{":
        return _dict(text, at + 1, depth)
    if (number := _number.match(text, at)) is not None:
        return _to_number(number[0]), number.end()
    if (string := _string.match(text, at)) is not None:
        return _strings(text, string)
    if (name := _name.match(text, at)) is not None:
        return _words.get(name[0], name[0]), name.end()
    raise Broken


def _sequence(text: str, at: int, depth: int) -> tuple[Any, int]:
    closing = "]" if text[at] == "[" else ")"
    values, at, commas = list[Any](), skip_space(text, at + 1), 0
    while not text.startswith(closing, at):
        value, at = _value(text, at, depth - 1)
        values.append(value)
        commas += text.startswith(",", skip_space(text, at))
        at = _next(text, at, closing)
    in_brackets_only = closing == ")" and len(values) == 1 and not commas
    return (values[0] if in_brackets_only else values), at + 1


def _dict(text: str, at: int, depth: int) -> tuple[Any, int]:
    result: dict[str, Any] = {}
    at = skip_space(text, at)
    while not text.startswith("}", at):
        key, at = _value(text, at, depth - 1)
        if isinstance(key, list | dict):
            raise Broken
        result[key if isinstance(key, str) else str(key)], at = _value(text, _expect(text, at, ":"), depth - 1)
        at = _next(text, at, "}")
    return result, at + 1


def _strings(text: str, found: re.Match[str]) -> tuple[str, int]:
    """Join adjacent string literals."""
    parts, end = list[str](), 0
    following: re.Match[str] | None = found
    while following is not None:
        content = next(group for group in following.groups()[1:] if group is not None)
        parts.append(content if following[1] else _escape.sub(_unescaped, content))
        end = following.end()
        following = _string.match(text, skip_space(text, end))
    return "".join(parts), end


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code in _escaped:
        return _escaped[code]
    try:
        if len(code) > 1 and code[0] in "xuU":
            return chr(int(code[1:], 16))
        return chr(int(code, 8)) if code[0] in "01234567" else found[0]
    except (ValueError, OverflowError):
        raise Broken from None


def _to_number(text: str) -> int | float:
    try:
        return float(text) if any(letter in text for letter in ".eE") else int(text)
    except ValueError:
        raise Broken from None


def _next(text: str, at: int, closing: str) -> int:
    """Return the position of the next item, after a comma, or of the closing bracket."""
    at = skip_space(text, at)
    return at if text.startswith(closing, at) else skip_space(text, _expect(text, at, ","))


def _expect(text: str, at: int, what: str) -> int:
    at = skip_space(text, at)
    if not text.startswith(what, at):
        raise Broken
    return at + len(what)
