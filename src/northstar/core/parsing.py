"""Parses text from people, hubs, servers and damaged disks, with a single way to fail: Malformed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

DEEPEST = 256
"""Deepest nesting of lists and objects in a row: later steps have less stack left than the first reader."""

_Parsed = TypeVar("_Parsed")
_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some editors put before UTF-8."""
_OTHERS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BYTE = re.compile(r" ?\(byte (\d+)\)")


class Malformed(ValueError):
    """A text does not have the expected form; the message says briefly what is wrong with it."""


def parsed(text: bytes, decode: Callable[[bytes], _Parsed]) -> _Parsed:
    """Decode a text with `decode` (of msgspec or json), skipping a byte order mark. Raises Malformed."""
    try:
        return decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if text.startswith(_MARK):
            return parsed(text.removeprefix(_MARK), decode)
        raise Malformed(_instead(text, error)) from None


def parsed_json(text: bytes) -> Any:
    """Parse strict JSON: NaN, Infinity and 1e400, which other programs cannot read, raise Malformed.

    >>> parsed_json(b'{"id": 1}')
    {'id': 1}
    """
    return parsed(text, msgspec.json.decode)


def check_depth(value: Any, text: bytes) -> None:
    """Raise Malformed if `value` nests more than DEEPEST lists and objects; `text` is the same value as JSON."""
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


def _with_line(text: bytes, message: str) -> str:
    """Replace the byte position in msgspec's message with a line number, if the text has several lines."""
    place = _BYTE.search(message)
    if place is None or b"\n" not in text.strip():
        return message
    return _BYTE.sub(f", line {text.count(bytes([10]), 0, int(place[1])) + 1}", message)
