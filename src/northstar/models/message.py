"""What a message of a server's answer says: its text, the reasoning before it, and words of a model that declines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from northstar.core.text import storable

_FIELDS = ("reasoning_content", "reasoning", "thinking")
_KINDS = ("thinking", "reasoning", "thought")
"""What the types of parts begin with that hold reasoning: Mistral's and Anthropic's, OpenAI's, others'."""
_WORDS = ("thinking", "reasoning", "text", "summary", "content")
"""Where such a part has its words: a text, or parts once more."""


class Said(NamedTuple):
    """reasoning: None where the message has no place for it; an empty text says that there was none."""

    text: str
    reasoning: str | None
    refusal: str


def said_in(message: Mapping[str, Any]) -> Said:
    """What the message says, in fields or in the parts of its content. Raises TypeError where that is no content."""
    content = message.get("content")
    if content is not None and not isinstance(content, (str, list)):
        raise TypeError("content is neither text nor a list")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    thought = [part for part in parts if _is_reasoning(part)]
    told = [message[name] for name in _FIELDS if isinstance(message.get(name), str)]
    told += [_words(message[name]) for name in _FIELDS if isinstance(message.get(name), list)]
    told += ["".join(map(_reasoning, thought))] if thought else []
    refusals = [message.get("refusal"), *(part.get("refusal") for part in parts)]
    text = content if isinstance(content, str) else _joined(parts)
    reasoning = max(told, key=len, default=None)
    return Said(
        storable(text),
        None if reasoning is None else storable(reasoning),
        storable(next((each for each in refusals if isinstance(each, str) and each.strip()), "")),
    )


def _is_reasoning(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind.lower().startswith(_KINDS)


def _joined(parts: list[dict[str, Any]]) -> str:
    """The texts of the parts that hold no reasoning."""
    texts = (part.get("text") for part in parts if not _is_reasoning(part))
    return "".join(text for text in texts if isinstance(text, str))


def _reasoning(part: Mapping[str, Any]) -> str:
    """The words of a part that holds reasoning."""
    return next((words for name in _WORDS if (words := _words(part.get(name)))), "")


def _words(value: Any) -> str:
    """A text, or the parts of one."""
    if isinstance(value, str):
        return value
    parts = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "".join(map(_reasoning, parts))
