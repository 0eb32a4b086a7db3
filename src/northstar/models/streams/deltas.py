"""Puts a chat or text completion together from the deltas that servers send of it.

The forms are those of OpenAI, vLLM, SGLang, llama.cpp, TensorRT-LLM, OpenRouter, DeepSeek and DashScope: texts in
parts, tool calls in parts by index, the usage in the last part, which may have no choices, an error in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any, Literal

import msgspec

from northstar.models.reply.response import NO_REASON

_TEXTS = ("content", "reasoning_content", "reasoning", "thinking", "refusal")
"""Fields of a message whose parts are joined; of others the last one counts."""
_CALLS, _CALL = "tool_calls", "function_call"
_OF_DELTAS = frozenset((*_TEXTS, _CALLS, _CALL))
_MOST_CALLS = 4096
_UNREAD = "logprobs"
"""What no record has, and what grows with each token."""


_PLAIN_TEXTS = ("content", "reasoning_content", "reasoning")


class _Delta(msgspec.Struct, forbid_unknown_fields=True):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    role: Any = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    delta: _Delta
    index: Literal[0] = 0
    logprobs: Any = None
    finish_reason: None = None
    native_finish_reason: None = None
    stop_reason: None = None
    matched_stop: None = None
    token_ids: Any = None


class _Chunk(msgspec.Struct):
    """An event with parts of texts and nothing else."""

    choices: tuple[_Choice]
    model: Any = None
    system_fingerprint: Any = None
    usage: None = None
    error: None = None


_decode_texts = msgspec.json.Decoder(list[_Chunk]).decode


class _Text:
    """A text in parts, or (Mistral's) a list of typed parts in parts."""

    __slots__ = ("parts", "text")

    def __init__(self) -> None:
        self.text = StringIO()
        self.parts: list[Any] | None = None

    def add(self, part: Any) -> None:
        if isinstance(part, list):
            self.parts = (self.parts or self._as_parts()) + part
        elif isinstance(part, str):
            if self.parts is None:
                self.text.write(part)
            else:
                self.parts.append({"type": "text", "text": part})

    def _as_parts(self) -> list[Any]:
        text = self.text.getvalue()
        return [{"type": "text", "text": text}] if text else []

    def whole(self) -> Any:
        return whole_pairs(self.text.getvalue()) if self.parts is None else self.parts


class _Call:
    """A tool call in parts."""

    __slots__ = ("arguments", "id", "name", "object")

    def __init__(self) -> None:
        self.id = self.name = ""
        self.arguments = StringIO()
        self.object: Any = None

    def add(self, call: dict[str, Any]) -> None:
        """Take in a part; some servers repeat the name in each, others send it in parts, too."""
        if isinstance(given := call.get("id"), str) and given and not self.id:
            self.id = given
        function = call.get("function")
        if not isinstance(function, dict):
            return
        name, arguments = function.get("name"), function.get("arguments")
        if isinstance(name, str) and name != self.name:
            self.name += name
        if isinstance(arguments, str):
            self.arguments.write(arguments)
        elif arguments is not None:
            self.object = arguments

    def begins_another(self, call: dict[str, Any]) -> bool:
        """Whether a part of the same index is a further call: parallel ones of Gemini all have index 0.

        Another id alone says nothing: older vLLMs gave each part one.
        """
        function, other = call.get("function"), call.get("id")
        named = isinstance(function, dict) and bool(function.get("name"))
        return named and isinstance(other, str) and other not in ("", self.id)

    def whole(self) -> dict[str, Any]:
        arguments = whole_pairs(self.arguments.getvalue()) if self.object is None else self.object
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": arguments}}


class Deltas:
    """The first choice of a streamed completion.

    Attributes:
        finished: Whether the server has said why the answer ends.
    """

    def __init__(self) -> None:
        self.finished = False
        self._top: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._message: dict[str, Any] | None = None
        self._texts: dict[str, _Text] = {}
        self._text: _Text | None = None
        self._calls: list[_Call] = []
        self._by_index: dict[Any, _Call] = {}
        self._last: Any = 0

    def add_texts(self, events: Sequence[bytes]) -> bool:
        """Take in events of texts alone, all at once; if any has more, take in nothing and return False."""
        try:
            found = _decode_texts(b"[" + b",".join(events) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        for name in ("model", "system_fingerprint"):
            if (value := getattr(found[0], name)) is not None:
                self._top.setdefault(name, value)
        deltas = [each.choices[0].delta for each in found]
        self._message = self._message or {}
        for name in _PLAIN_TEXTS:
            parts = [part for delta in deltas if (part := getattr(delta, name))]
            if parts:
                self._texts.setdefault(name, _Text()).add("".join(parts))
        return True

    def add(self, chunk: dict[str, Any]) -> bool:
        """Take in an event; return whether it has a part of a text, a reasoning or a call."""
        for name, value in chunk.items():
            if name != "choices" and value is not None:
                self._top[name] = value
        choices, told = chunk.get("choices"), False
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index") in (0, None):
                told |= self._add_choice(choice)
        return told

    def _add_choice(self, choice: dict[str, Any]) -> bool:
        told = False
        for name, value in choice.items():
            if value is None or name == _UNREAD:
                continue
            if name in ("delta", "message"):
                if isinstance(value, dict):
                    told |= self._add_delta(value)
            elif name == "text":
                self._text = self._text or _Text()
                self._text.add(value)
                told |= bool(value)
            else:
                self._choice[name] = value
                self.finished = self.finished or (name == "finish_reason" and value not in NO_REASON)
        return told

    def _add_delta(self, delta: dict[str, Any]) -> bool:
        told = False
        if self._message is None:
            self._message = {}
        for name, value in delta.items():
            if value is None:
                self._message.setdefault(name, None)
            elif name not in _OF_DELTAS:
                self._message[name] = value
            elif name == _CALLS:
                for call in value if isinstance(value, list) else ():
                    if isinstance(call, dict):
                        self._add_call(call)
                        told = True
            elif name == _CALL:
                self._add_call({"index": _CALL, "function": value})
                told = True
            else:
                text = self._texts.get(name)
                if text is None:
                    text = self._texts[name] = _Text()
                text.add(value)
                told |= bool(value)
        return told

    def _add_call(self, call: dict[str, Any]) -> None:
        index = call.get("index")
        if not isinstance(index, int | str):  # of servers that tell calls apart by their ids
            index = call.get("id") or self._last
        self._last = index
        known = self._by_index.get(index)
        if known is None or known.begins_another(call):
            if len(self._calls) >= _MOST_CALLS:
                return
            known = self._by_index[index] = _Call()
            self._calls.append(known)
        known.add(call)

    def whole(self) -> dict[str, Any]:
        """Return the completion that the server would have sent at once."""
        choice = dict(self._choice)
        if self._message is not None or self._text is None:
            message = {**(self._message or {}), **{name: text.whole() for name, text in self._texts.items()}}
            if self._calls:
                message.setdefault("content", None)
                message[_CALLS] = [call.whole() for call in self._calls]
            choice["message"] = message
        else:
            choice["text"] = self._text.whole()
        return {**self._top, "choices": [choice]}


def whole_pairs(text: str) -> str:
    """Join the halves of characters that two tokens, and so two events, had each one of.

    >>> whole_pairs("\\ud83d" + "\\ude00") == "\\U0001f600"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
