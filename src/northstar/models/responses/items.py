"""Turns the messages of a chat into the input items of the Responses API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

OUTPUT_ITEMS = "output_items"
"""Of an assistant's message: the items of its answer as the server sent them, to hand back with its reasoning."""

Item = dict[str, Any]


def input_items(messages: Sequence[Mapping[str, Any]]) -> tuple[str | None, list[Item]]:
    """Return the instructions, which are a leading system message, and the items of the other messages.

    >>> input_items([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    ('Be brief.', [{'role': 'user', 'content': 'Hello'}])
    """
    instructions = None
    if len(messages) > 1 and messages[0].get("role") == "system" and isinstance(messages[0].get("content"), str):
        instructions, messages = messages[0]["content"], messages[1:]
    return instructions, [item for message in messages for item in _items(message)]


def without_items(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message as a chat has it."""
    return {name: value for name, value in message.items() if name != OUTPUT_ITEMS}


def _items(message: Mapping[str, Any]) -> Iterator[Item]:
    role, content = message.get("role"), message.get("content")
    if role == "tool":
        yield {"type": "function_call_output", "call_id": message.get("tool_call_id", ""), "output": content or ""}
    elif role != "assistant":
        yield {"role": role, "content": content if isinstance(content, str) else [*map(_part, content or ())]}
    elif message.get(OUTPUT_ITEMS):
        yield from message[OUTPUT_ITEMS]
    else:
        yield from _answered(content, message.get("tool_calls") or ())


def _answered(content: Any, calls: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    """Yield the items of an assistant's message: its text, then its calls."""
    texts = [content] if isinstance(content, str) else [part.get("text") for part in content or ()]
    parts = [{"type": "output_text", "text": text} for text in texts if isinstance(text, str) and text]
    if parts or not calls:
        parts = parts or [{"type": "output_text", "text": ""}]
        yield {"type": "message", "role": "assistant", "content": parts}
    for call in calls:
        function = call["function"]
        named = {"name": function["name"], "arguments": function["arguments"]}
        yield {"type": "function_call", "call_id": call["id"], **named}


def _part(part: Mapping[str, Any]) -> Item:
    """Return a part of a message; one that the API has no word for is left to the server to refuse."""
    kind = part.get("type")
    if kind == "text":
        return {"type": "input_text", "text": part.get("text", "")}
    if kind == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, Mapping) else image
        detail = image.get("detail") if isinstance(image, Mapping) else None
        return {"type": "input_image", "image_url": url, "detail": detail or "auto"}
    if kind == "file" and isinstance(file := part.get("file"), Mapping):
        return {"type": "input_file", **file}
    return dict(part)
