"""Reads a server's chat completion without trusting it: every field may be missing, odd or huge."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple

import msgspec

from northstar.core.text import storable
from northstar.models.message import message_content
from northstar.models.reply.error_body import error_of
from northstar.models.reply.finish_reasons import Meaning, meaning_of
from northstar.models.reply.json_body import Unreadable, read_json
from northstar.models.responses.answer import as_chat_completion, is_response, items_to_hand_back
from northstar.models.secrets import one_line, shows_key, without_key
from northstar.models.tools import are_no_arguments

LONGEST_REASON = 64
SHORTEST_SECRET = 16
REFUSAL = "refusal"
"""The finish reason of a model that declines in a field of its own."""
NO_REASON = ("", "null", "none", "None", "NULL")
"""What servers write where an answer goes on, or its end has no reason."""
_LONGEST_LOOKED_AT = 2**14
_STOPPED_BY_FAILURE = frozenset(("abort", "aborted", "error"))


class SaysError(Unreadable):
    """The body has an error, perhaps beside part of an answer; `error` is as the server sent it."""

    def __init__(self, error: Any) -> None:
        super().__init__("an error")
        self.error = error


class Origin(NamedTuple):
    """Who answered, by the answer's own `model` and `system_fingerprint`; None where missing."""

    model: str | None = None
    system_fingerprint: str | None = None


UNSAID = Origin()


@dataclass(frozen=True, slots=True)
class Completion:
    """The content of one answer. Token counts are None where the server gives none.

    `output_items` are those of an answer of the Responses API that a conversation hands back with its reasoning.
    """

    text: str
    reasoning: str | None
    finish_reason: str | None
    completion_tokens: int | None
    prompt_tokens: int | None
    tool_calls: list[dict[str, Any]] | None = None
    origin: Origin = UNSAID
    reasoning_tokens: int | None = None
    output_items: list[dict[str, Any]] | None = None


def read_completion(body: bytes, key: str | None = None) -> Completion:
    """Read the first choice of a chat or text completion, or a response.

    `key` is hidden in names (for texts see `redacted`).

    An answer that the server itself calls failed is none, even with part of a text. Raises Unreadable, or SaysError if
    the body says what went wrong.
    """
    answer = read_json(body)
    if (error := error_of(answer)) is not None:
        raise SaysError(error)
    items = None
    if is_response(answer):
        items, answer = items_to_hand_back(answer), as_chat_completion(answer)
    try:
        choice = answer["choices"][0]
        message = choice["message"] if "message" in choice else {"content": choice["text"]}
        content = message_content(message)
        tool_calls = _tool_calls(message.get("tool_calls")) or _legacy_call(message.get("function_call"))
        finish_reason = _reason(choice, key)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise Unreadable("no chat completion") from None
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    completion = Completion(
        text=content.text,
        reasoning=content.reasoning,
        finish_reason=finish_reason,
        completion_tokens=_count(usage.get("completion_tokens")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        tool_calls=tool_calls,
        origin=Origin(_name(answer.get("model"), key), _name(answer.get("system_fingerprint"), key)),
        reasoning_tokens=_reasoning_tokens(usage),
        output_items=items,
    )
    if content.refusal and not content.text.strip():
        return replace(completion, text=content.refusal, finish_reason=REFUSAL)
    meaning = meaning_of(finish_reason)
    if meaning is Meaning.FAILED:
        raise Unreadable(f"half an answer (finish_reason '{finish_reason}')")
    if content.refusal:
        says_more = meaning in (Meaning.WITHHELD, Meaning.CUT_OFF)
        return completion if says_more else replace(completion, finish_reason=REFUSAL)
    called = tool_calls or message.get("tool_calls")
    if not (content.text or content.reasoning or called or meaning is Meaning.WITHHELD):
        _check_generated(completion, usage, has_text=message.get("content") is not None)
    return completion


def _check_generated(empty: Completion, usage: dict[str, Any], *, has_text: bool) -> None:
    """Raise if an empty answer shows no sign that the model was asked; `has_text`: it has a text of length 0."""
    if empty.completion_tokens:
        return
    if empty.finish_reason is not None and meaning_of(empty.finish_reason) is Meaning.CUT_OFF:
        if empty.completion_tokens == 0 and _is_prompt_alone(empty.prompt_tokens, usage, has_text):  # LMDeploy's way
            raise SaysError("context length exceeded: the prompt leaves no room for a single token")
        return
    counted = empty.completion_tokens is not None
    if empty.finish_reason is None or not (has_text or counted):
        raise Unreadable("no text, no calls and no token")


def _is_prompt_alone(prompt_tokens: int | None, usage: dict[str, Any], has_text: bool) -> bool:
    """Return whether only the prompt was counted; Gemini counts thinking only in the total, without a text."""
    total = _count(usage.get("total_tokens"))
    return bool(prompt_tokens) and (total == prompt_tokens or (total is None and has_text))


def redacted(completion: Completion, key: str | None) -> Completion:
    """Hide the key in the texts of a completion; placeholders such as 'EMPTY' are no secrets."""
    if key is None or len(key) < SHORTEST_SECRET:
        return completion
    reasoning, calls = completion.reasoning, completion.tool_calls
    if not any(shows_key(text, key) for text in (completion.text, reasoning or "", str(calls or ""))):
        return completion
    return replace(
        completion,
        text=without_key(completion.text, key),
        reasoning=reasoning and without_key(reasoning, key),
        tool_calls=calls and msgspec.json.decode(without_key(msgspec.json.encode(calls).decode(), key)),
        output_items=None,
    )


def _tool_calls(value: Any) -> list[dict[str, Any]] | None:
    """Return the calls that the server parsed: [{"id": …, "name": …, "arguments": …}], arguments unchanged.

    Where there are none they are {}, however the server says so.
    """
    calls: list[dict[str, Any]] = []
    for call in value if isinstance(value, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            arguments = function.get("arguments")
            if are_no_arguments(arguments):
                arguments = {}
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            name = call.get("id") if isinstance(call.get("id"), str) else ""
            calls.append({"id": storable(name), "name": storable(function["name"]), "arguments": storable(text)})
    return calls or None


def _legacy_call(value: Any) -> list[dict[str, Any]] | None:
    """Return a call in OpenAI's first format."""
    return _tool_calls([{"function": value}]) if isinstance(value, dict) else None


def _reason(choice: dict[str, Any], key: str | None) -> str | None:
    """The choice's finish reason, or another word beside it that says more: a router's `native_finish_reason`.

    vLLM's `stop_reason` may be a stop string of the user's.
    """
    reason, native, stop = (_word(choice.get(f"{name}_reason"), key) for name in ("finish", "native_finish", "stop"))
    if reason is None and not isinstance(odd := choice.get("finish_reason"), (str, dict, NoneType)):
        reason = _shown(_as_json(odd), LONGEST_REASON, key)
    if stop in _STOPPED_BY_FAILURE and native is None:
        native = stop
    if native is None and reason is None:
        return stop
    return reason if native is None or _weight(native) <= _weight(reason) else native


def _weight(reason: str | None) -> int:
    """Rank a reason by how much it tells; a failure tells the most."""
    if reason is None:
        return 0
    order = (Meaning.UNKNOWN, Meaning.WHOLE, Meaning.CUT_OFF, Meaning.WITHHELD, Meaning.FAILED)
    return 1 + order.index(meaning_of(reason))


def _word(value: Any, key: str | None) -> str | None:
    """Return a finish reason on one bounded line; of an object (SGLang), its type."""
    if isinstance(value, dict):
        value = value.get("type")
    if not isinstance(value, str) or value in NO_REASON:
        return None
    return _shown(value[:_LONGEST_LOOKED_AT], LONGEST_REASON, key)


def _as_json(value: Any) -> str:
    """Return the beginning of a value that is not a word."""
    return msgspec.json.encode(value)[:_LONGEST_LOOKED_AT].decode("utf-8", "replace")


def _name(value: Any, key: str | None) -> str | None:
    """Return what a server calls itself, if that is a name."""
    return _shown(value[:_LONGEST_LOOKED_AT], 200, key) if isinstance(value, str) else None


@lru_cache(maxsize=256)
def _shown(text: str, limit: int, key: str | None) -> str | None:
    """Return a name or word on one line, without the key; cached, since nearly every answer has the same ones."""
    return one_line(text, limit, key) or None


def _reasoning_tokens(usage: dict[str, Any]) -> int | None:
    """Return how many of the generated tokens are reasoning, if the server says."""
    details = usage.get("completion_tokens_details")
    return (_count(details.get("reasoning_tokens")) or None) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    """Return a plausible number of tokens; records cannot hold every number that JSON can."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
