"""One streamed answer on its way: takes in its bytes, knows when its tokens came, and gives the body of the whole."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from northstar.core.clock import monotonic
from northstar.models.reply.error_body import error_of
from northstar.models.reply.json_body import Unreadable, read_json
from northstar.models.streams.deltas import Deltas
from northstar.models.streams.events import Events

_DONE = b"[DONE]"
_BEGINNINGS = (b"data:", b"error:", b"event:", b"id:", b"retry:", b":")
_LONGEST_BEGINNING = 1024
_LAST = 4
"""Events at the end of a part that may be the end of the answer: its reason, its usage, that it is done."""
_ENDS = frozenset(f"response.{how}" for how in ("completed", "incomplete", "failed", "cancelled"))
"""Events of the Responses API that have the whole answer."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Cut(Exception):
    """The stream ended before the answer did; the message is what follows 'the stream'."""


class Pace(NamedTuple):
    """When the tokens of an answer came.

    Attributes:
        first: Seconds from the request to the first token.
        between: Mean seconds between two tokens; None for fewer than two.
    """

    first: float
    between: float | None


def is_stream(beginning: bytes) -> bool | None:
    """Return whether a body that begins so is a stream; None if that takes more of it. Servers' types of it differ."""
    if len(beginning) > _LONGEST_BEGINNING:  # also of white space alone, which may never end
        beginning = beginning[:_LONGEST_BEGINNING]
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if any(text.startswith(each) for each in _BEGINNINGS):
        return True
    undecided = len(beginning) < _LONGEST_BEGINNING and any(each.startswith(text) for each in _BEGINNINGS)
    return None if undecided else False


class Stream:
    """The answer to one request. Make it when the request is sent.

    Attributes:
        done: Whether nothing follows that counts.
    """

    def __init__(self) -> None:
        self.done = False
        self._started = monotonic()
        self._first = self._last = 0.0
        self._tokens = 0
        self._events = Events()
        self._deltas = Deltas()
        self._response: Any = None

    @property
    def begun(self) -> bool:
        """Whether the first token is there."""
        return self._first > 0

    @property
    def between_tokens(self) -> float:
        """Seconds between two tokens so far; 0.0 while that is not known."""
        return (self._last - self._first) / (self._tokens - 1) if self._tokens > 1 else 0.0

    def feed(self, part: bytes) -> None:
        """Take in bytes. Raises TooLong, Cut."""
        self._take(self._events.feed(part))

    def _take(self, events: list[bytes]) -> None:
        before, plain = self._tokens, len(events) - _LAST
        if plain > 0 and self._deltas.add_texts(events[:plain]):
            self._tokens, events = self._tokens + plain, events[plain:]
        for data in events:
            if data == _DONE:
                self.done = True
            elif data:
                self._add(_read(data))
        if self._tokens > before:
            self._last = monotonic()
            self._first = self._first or self._last

    def _add(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if isinstance(kind, str) and (kind == "error" or kind.startswith("response.")):
            if kind in _ENDS:
                self._response, self.done = event.get("response"), True
            elif kind == "error":
                self._response, self.done = {"error": event.get("error") or event}, True
            elif kind.endswith(".delta"):
                self._tokens += 1
            return
        self._tokens += self._deltas.add(event)

    def whole(self) -> bytes:
        """Return the body that the server would have sent at once. Raises Cut, TooLong."""
        self._take(self._events.end())
        if self._response is not None:
            return msgspec.json.encode(self._response)
        body = self._deltas.whole()
        if not self._deltas.finished and error_of(body) is None:
            raise Cut("ended before the answer did")
        return _encoded(body)

    def pace(self, tokens: int | None) -> Pace | None:
        """Return when the tokens came; None of an answer without any. tokens: how many, if the server says."""
        if not self.begun:
            return None
        number = tokens or self._tokens
        between = (self._last - self._first) / (number - 1) if number > 1 and self._tokens > 1 else None
        return Pace(self._first - self._started, between)


def _read(data: bytes) -> dict[str, Any]:
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        event = read_json(data)
    except Unreadable as error:
        raise Cut(f"has an event with {error}") from None
    if not isinstance(event, dict):
        raise Cut("has an event that is no answer")
    return event


def _encoded(body: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # half a character, as a server may send it
        return json.dumps(body).encode()
