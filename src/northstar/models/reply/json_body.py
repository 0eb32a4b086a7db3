"""Reads the body of a server's answer as JSON, without trusting the server: it may be anything, of any depth."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_MOST_EVENTS = 64
_MOST_VALUES = 2**20


class Unreadable(Exception):
    """The body is not what it should be; the message says briefly what it is, without quoting it."""


def read_json(body: bytes) -> Any:
    """Parse a body. Lone surrogates, which strict parsers refuse but servers send, become U+FFFD later."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if len(body) > _MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise Unreadable("more values than an answer has")  # each takes 20 times its bytes, once read
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def read_events(body: bytes) -> list[Any]:
    """Return the JSON values of the first events in a stream (`data: …`); [] if the body is not a stream."""
    lines = body[:65536].splitlines()
    if not any(line.startswith(b"data:") for line in lines[:8]):
        return []
    found: list[Any] = []
    for line in [line for line in lines if line.startswith(b"data:")][:_MOST_EVENTS]:
        try:
            found.append(read_json(line.removeprefix(b"data:").strip()))
        except Unreadable:  # such as [DONE]
            continue
    return found
