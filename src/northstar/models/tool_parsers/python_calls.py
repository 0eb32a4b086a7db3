"""Parses calls and literals in Python's syntax without evaluating or compiling them, in linear time."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from northstar.models.tool_parsers.arithmetic import worked_out
from northstar.models.tool_parsers.json_calls import Broken, named_call
from northstar.models.tool_parsers.parser import ToolCall

DEEPEST = 64
"""The deepest nesting of lists and dicts."""

_name = re.compile(r"[^\W\d]\w*")
_dotted = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_number = re.compile(r"(0[xXoObB][\da-fA-F_]+)|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_signs = re.compile(r"[-+\s]*")
_operator = re.compile(r"//|\*(?!\*)|[-+/%]")
_space = re.compile(r"(?:\s|#[^\n]*|\\\n)*")
_between = re.compile(r"(?:[\s;,]|#[^\n]*)*")
_string = re.compile(
    r"""([rR]|[uUfF])?(?:'''((?:[^\\']|\\.|'(?!''))*)'''|\"""((?:[^\\"]|\\.|"(?!""))*)\"""|"""
    r"""'((?:[^\\'\n]|\\.)*)'|"((?:[^\\"\n]|\\.)*)")""",
    re.DOTALL,
)
_escape = re.compile(r"\\(N\{[^}]{1,100}\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_escaped = {"n": "\n", "t": "\t", "r": "\r", "\n": "", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_escaped |= {"\\": "\\", "'": "'", '"': '"'}
_words: dict[str, Any] = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}


def read_calls(text: str) -> list[ToolCall]:
    """Return the calls of a text such as `[f(a=1), g.h()]`; brackets are optional. Raises Broken for any other text.

    Further lists may follow the first: they are read but not returned, as vLLM has it.
    """
    calls, at = _calls(text, _skip_space(text, 0))
    while (at := _after(text, at)) < len(text):
        at = _calls(text, at)[1]
    return calls


def _calls(text: str, at: int) -> tuple[list[ToolCall], int]:
    """Return the calls of a list, or of all that is left if there are no brackets, and where they end."""
    bracketed = text.startswith("[", at)
    calls, at = list[ToolCall](), _skip_space(text, at + 1) if bracketed else at
    while True:
        call, at = _maybe_quoted(text, at)
        calls.append(call)
        if not bracketed:
            if (at := _after(text, at)) == len(text):
                return calls, at
            continue
        at = _skip_space(text, at)
        separated = text.startswith((",", ";"), at)
        at = _skip_space(text, at + separated)
        if text.startswith("]", at):
            return calls, at + 1
        if not separated:
            raise Broken


def _skip_space(text: str, at: int) -> int:
    """Return the place after white space and comments."""
    found = _space.match(text, at)
    assert found is not None
    return found.end()


def _after(text: str, at: int) -> int:
    """Return the text's end, or the place after a line's end or a separator. Raises Broken where there is neither."""
    found = _between.match(text, at)
    assert found is not None
    if found.end() < len(text) and not any(separator in found[0] for separator in ",;\n"):
        raise Broken
    return found.end()


def _maybe_quoted(text: str, at: int) -> tuple[ToolCall, int]:
    """Return a call that may be the content of a string."""
    if (string := _string.match(text, at)) is None:
        return _call(text, at)
    content, end = _strings(text, string)
    call, stop = _call(content, _skip_space(content, 0))
    if _skip_space(content, stop) != len(content):
        raise Broken
    return call, end


def _call(text: str, at: int) -> tuple[ToolCall, int]:
    name = _dotted.match(text, at)
    if name is None:
        raise Broken
    at = _skip_space(text, _expect(text, name.end(), "("))
    arguments: dict[str, Any] = {}
    while not text.startswith(")", at):
        key = _name.match(text, at)
        if key is None:
            raise Broken
        arguments[key[0]], at = _value(text, _expect(text, key.end(), "="), DEEPEST)
        at = _next(text, at, ")")
    return named_call(name[0], arguments), at + 1


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Parse a literal to JSON, or arithmetic with numbers.

    Tuples and sets become lists, and a bare name its own text, as if a variable had been meant.
    """
    value, at = _operand(text, at, depth)
    if not _is_number(value):
        return value, at
    numbers, operators = [value], list[str]()
    while (symbol := _operator.match(text, _skip_space(text, at))) is not None:
        number, at = _operand(text, symbol.end(), depth)
        if not _is_number(number):
            raise Broken
        numbers.append(number)
        operators.append(symbol[0])
    return (worked_out(numbers, operators) if operators else value), at


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _operand(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Parse a value with its signs."""
    signs = _signs.match(text, at)
    assert signs is not None
    if not signs[0].strip():
        return _unsigned(text, signs.end(), depth)
    number, at = _unsigned(text, signs.end(), depth)
    if not _is_number(number):
        raise Broken
    return (-number if signs[0].count("-") % 2 else number), at


def _unsigned(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth == 0 or at >= len(text):
        raise Broken
    if text[at] in "[(":
        return _sequence(text, at, depth)
    if text[at] == "{":
        return _dict(text, at + 1, depth)
    if (number := _number.match(text, at)) is not None:
        return _to_number(number), number.end()
    if (string := _string.match(text, at)) is not None:
        return _strings(text, string)
    if (name := _name.match(text, at)) is not None:
        return _words.get(name[0], name[0]), name.end()
    raise Broken


def _sequence(text: str, at: int, depth: int) -> tuple[Any, int]:
    closing = "]" if text[at] == "[" else ")"
    values, at, commas = list[Any](), _skip_space(text, at + 1), 0
    while not text.startswith(closing, at):
        value, at = _value(text, at, depth - 1)
        values.append(value)
        commas += text.startswith(",", _skip_space(text, at))
        at = _next(text, at, closing)
    in_brackets_only = closing == ")" and len(values) == 1 and not commas
    return (values[0] if in_brackets_only else values), at + 1


def _dict(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Parse a dict, or a set, to a list."""
    at = _skip_space(text, at)
    result: dict[str, Any] = {}
    values = list[Any]()
    while not text.startswith("}", at):
        key, at = _value(text, at, depth - 1)
        if text.startswith(":", _skip_space(text, at)) and not values and not isinstance(key, list | dict):
            result[_key(key)], at = _value(text, _expect(text, at, ":"), depth - 1)
        elif not result:
            values.append(key)
        else:
            raise Broken
        at = _next(text, at, "}")
    return values or result, at + 1


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _strings(text: str, found: re.Match[str]) -> tuple[str, int]:
    """Join adjacent string literals."""
    parts, end = list[str](), 0
    following: re.Match[str] | None = found
    while following is not None:
        content = next(group for group in following.groups()[1:] if group is not None)
        prefix = (following[1] or "").lower()
        if prefix == "f":
            content = _without_placeholders(content)
        parts.append(content if prefix == "r" else _escape.sub(_unescaped, content))
        end = following.end()
        following = _string.match(text, _skip_space(text, end))
    return "".join(parts), end


def _without_placeholders(content: str) -> str:
    """Return what an f-string that has none stands for. Raises Broken for one that has."""
    plain = re.sub(r"\{\{|\}\}", "", content)
    if "{" in plain or "}" in plain:
        raise Broken
    return content.replace("{{", "{").replace("}}", "}")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code in _escaped:
        return _escaped[code]
    try:
        if code[0] == "N" and len(code) > 1:
            return unicodedata.lookup(code[2:-1])
        if len(code) > 1 and code[0] in "xuU":
            return chr(int(code[1:], 16))
        return chr(int(code, 8)) if code[0] in "01234567" else found[0]
    except (ValueError, OverflowError, KeyError):
        raise Broken from None


def _to_number(found: re.Match[str]) -> int | float:
    text = found[0]
    try:
        if found[1]:
            return int(text, 0)
        return float(text) if any(letter in text for letter in ".eE") else int(text)
    except ValueError:
        raise Broken from None


def _next(text: str, at: int, closing: str) -> int:
    """Return the position of the next item, after a comma, or of the closing bracket."""
    at = _skip_space(text, at)
    return at if text.startswith(closing, at) else _skip_space(text, _expect(text, at, ","))


def _expect(text: str, at: int, what: str) -> int:
    at = _skip_space(text, at)
    if not text.startswith(what, at):
        raise Broken
    return at + len(what)
