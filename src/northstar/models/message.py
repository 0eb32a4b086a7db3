"""Reads a message of a server's answer: its text, the reasoning before it, and a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from northstar.core.text import storable

_FIELDS = ("reasoning_content", "reasoning", "thinking")
_KINDS = ("thinking", "reasoning", "thought")
"""Prefixes of the types of reasoning parts: Mistral's and Anthropic's, OpenAI's, others'."""
_TEXT_FIELDS = ("thinking", "reasoning", "text", "summary", "content")
"""Fields of such a part that may hold its text, or parts again."""


class MessageContent(NamedTuple):
    """The content of a message; `reasoning` is None without a field for it, and '' if the field is empty."""

    text: str
    reasoning: str | None
    refusal: str


def message_content(message: Mapping[str, Any]) -> MessageContent:
    """Read a message from its fields or the parts of its content. Raises TypeError if the content is malformed."""
    content = message.get("content")
    if content is not None and not isinstance(content, (str, list)):
        raise TypeError("content is neither text nor a list")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    thought = [part for part in parts if _is_reasoning(part)]
    reasonings = [message[name] for name in _FIELDS if isinstance(message.get(name), str)]
    reasonings += [_text_of(message[name]) for name in _FIELDS if isinstance(message.get(name), list)]
    reasonings += ["".join(map(_reasoning, thought))] if thought else []
    refusals = [message.get("refusal"), *(part.get("refusal") for part in parts)]
    text = content if isinstance(content, str) else _joined(parts)
    reasoning = max(reasonings, key=len, default=None)
    return MessageContent(
        storable(text),
        None if reasoning is None else storable(reasoning),
        storable(next((each for each in refusals if isinstance(each, str) and each.strip()), "")),
    )


def _is_reasoning(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind.lower().startswith(_KINDS)


def _joined(parts: list[dict[str, Any]]) -> str:
    """Join the texts of the parts without reasoning."""
    texts = (part.get("text") for part in parts if not _is_reasoning(part))
    return "".join(text for text in texts if isinstance(text, str))


def _reasoning(part: Mapping[str, Any]) -> str:
    """Return the text of a reasoning part."""
    return next((text for name in _TEXT_FIELDS if (text := _text_of(part.get(name)))), "")


def _text_of(value: Any) -> str:
    """Return a text, or the joined texts of parts."""
    if isinstance(value, str):
        return value
    parts = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "".join(map(_reasoning, parts))
