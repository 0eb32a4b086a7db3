"""Parses what files hold, with one way to fail: they come from people, hubs, servers and full disks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

DEEPEST = 256
"""Lists and objects inside each other that a row may have: what handles it later has less of the stack than who reads
it first.
"""

_Parsed = TypeVar("_Parsed")
_MARK = b"\xef\xbb\xbf"
"""A byte order mark, as some editors put it before UTF-8."""
_OTHERS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BYTE = re.compile(r" ?\(byte (\d+)\)")


class Malformed(ValueError):
    """A text is not what it should be; the message says in a few words what it is instead."""


def parsed(text: bytes, decode: Callable[[bytes], _Parsed]) -> _Parsed:
    """What `decode`, of msgspec or json, makes of a text; a byte order mark before it is skipped. Raises Malformed."""
    try:
        return decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if text.startswith(_MARK):
            return parsed(text.removeprefix(_MARK), decode)
        raise Malformed(_instead(text, error)) from None


def parsed_json(text: bytes) -> Any:
    """A text as JSON, without what other programs could not read again: NaN, Infinity, 1e400. Raises Malformed."""
    return parsed(text, msgspec.json.decode)


def check_depth(value: Any, text: bytes) -> None:
    """Raises Malformed for a value of more than DEEPEST lists and objects inside each other. text: it, as JSON."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if not isinstance(each, dict | list):
            continue
        if depth > DEEPEST:
            raise Malformed(f"it has more than {DEEPEST} lists and objects inside each other")
        waiting += [(inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)]


def _instead(text: bytes, error: Exception) -> str:
    encoding = next((name for mark, name in _OTHERS.items() if text.startswith(mark)), None)
    if encoding is not None:
        return f"it is {encoding}, not UTF-8; save it as UTF-8"
    if isinstance(error, RecursionError):
        return "it has too many lists and objects inside each other"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return _with_line(text, str(error))


def _with_line(text: bytes, said: str) -> str:
    """msgspec's words, with the line in place of the byte where there are several."""
    place = _BYTE.search(said)
    if place is None or b"\n" not in text.strip():
        return said
    return _BYTE.sub(f", line {text.count(bytes([10]), 0, int(place[1])) + 1}", said)
