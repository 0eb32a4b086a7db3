"""Reads a server's chat completion. The server is not trusted: every field may be missing, odd or huge."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from northstar.models.secrets import without_key
from northstar.text import storable


class Unreadable(Exception):
    """The body isn't what it should be; the message says in a few words what it is instead, without quoting it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What one answer holds. Tokens are None where the server doesn't count them."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    completion_tokens: int | None
    prompt_tokens: int | None
    tool_calls: list[dict[str, Any]] | None = None


def read_completion(body: bytes) -> Completion:
    """The first choice of a chat or text completion. Raises Unreadable."""
    answer = read_json(body)
    try:
        choice = answer["choices"][0]
        message = choice["message"] if "message" in choice else {"content": choice["text"]}
        text = _text(message.get("content"))
        tool_calls = _tool_calls(message.get("tool_calls"))
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        finish_reason = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise Unreadable("no chat completion") from None
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Completion(
        text=text,
        reasoning=storable(reasoning) if isinstance(reasoning, str) else None,
        finish_reason=_word(finish_reason),
        completion_tokens=_count(usage.get("completion_tokens")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        tool_calls=tool_calls,
    )


def read_json(body: bytes) -> Any:
    """The body as JSON. Lone surrogates, which strict parsers refuse but servers send, become U+FFFD later."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def error_message(body: bytes, key: str | None = None) -> str:
    """What an error answer says, from OpenAI's, vLLM's or FastAPI's form, else its text; without the key."""
    try:
        answer = read_json(body)
    except Unreadable:
        return shorten(body, key)
    if isinstance(answer, dict):
        error = answer.get("error", answer.get("message", answer.get("detail")))
        if isinstance(error, dict):
            codes = (code for code in (error.get("code"), error.get("type")) if isinstance(code, str))
            code = _one_line(next(codes, ""), 100, key)
            text = error.get("message")
            if isinstance(text, str) and (said := _one_line(text, 2000, key)):
                return f"{said} ({code})" if code and code not in said else said
        if isinstance(error, str) and (said := _one_line(error, 2000, key)):
            return said
    return shorten(body, key)


def shorten(body: bytes, key: str | None = None, limit: int = 200) -> str:
    """The beginning of a body on one line, for an error message; without the key."""
    return _one_line(body[:65536].decode("utf-8", "replace"), limit, key) or "an empty body"


def _one_line(text: str, limit: int, key: str | None) -> str:
    """Text of a server's on one line, without the key and what could steer a terminal. A cut ends in an ellipsis."""
    line = "".join(character if character.isprintable() else " " for character in without_key(storable(text), key))
    line = " ".join(line.split())
    return line[: limit - 1] + "…" if len(line) > limit else line


def _text(content: Any) -> str:
    """A message's content: a text, a list of parts, or nothing at all. Raises TypeError."""
    if isinstance(content, str):
        return storable(content)
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return storable("".join(part for part in parts if isinstance(part, str)))
    if content is None:
        return ""
    raise TypeError("content is neither text nor a list")


def _tool_calls(value: Any) -> list[dict[str, Any]] | None:
    """What the server made out as calls: [{"id": …, "name": …, "arguments": …}], arguments as the model wrote them."""
    calls: list[dict[str, Any]] = []
    for call in value if isinstance(value, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            arguments = function.get("arguments")
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            name = call.get("id") if isinstance(call.get("id"), str) else ""
            calls.append({"id": storable(name), "name": storable(function["name"]), "arguments": storable(text)})
    return calls or None


def _word(value: Any) -> str | None:
    """A finish reason: one word of those that servers have, like 'tool_calls'; any other text is cut to 'other'."""
    if not isinstance(value, str):
        return None
    return value if re.fullmatch(r"[A-Za-z_-]{1,32}", value) else "other"


def _count(value: Any) -> int | None:
    """A believable number of tokens; a file of ours can't hold every number that JSON can."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
