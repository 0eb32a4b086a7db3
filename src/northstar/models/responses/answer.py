"""Reads an answer of the Responses API as the chat completion that says the same, without trusting the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from northstar.models.tools import are_no_arguments

_MOST_ITEMS = 4096
_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}
"""Why an answer is incomplete → the finish reason of a chat."""
_CUT_OFF = "length"
_KEPT = {
    "reasoning": ("type", "id", "summary", "content", "encrypted_content"),
    "message": ("type", "id", "role", "status", "content", "phase"),
    "function_call": ("type", "id", "call_id", "name", "arguments", "status"),
}
"""The fields of an item that are handed back."""


def is_response(answer: Any) -> bool:
    """Return whether a server's JSON is an answer of the Responses API."""
    if not isinstance(answer, Mapping) or "choices" in answer:
        return False
    return answer.get("object") == "response" or isinstance(answer.get("output"), list)


def as_chat_completion(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chat completion with the same text, reasoning, calls, finish reason, usage and origin.

    What is not as it should be is left out; whether enough is left is for the reader of chat completions to say.
    """
    output = response.get("output")
    items = [item for item in output[:_MOST_ITEMS] if isinstance(item, dict)] if isinstance(output, list) else []
    parts = [part for item in items if item.get("type") == "message" for part in _parts(item.get("content"))]
    calls = [call for item in items if item.get("type") == "function_call" if (call := _call(item))]
    message: dict[str, Any] = {"role": "assistant", "content": parts or None}
    if any(item.get("type") == "message" for item in items):
        message["content"] = parts or ""
    if thoughts := [text for item in items if item.get("type") == "reasoning" if (text := _thought(item))]:
        message["reasoning"] = "\n\n".join(thoughts)
    if calls:
        message["tool_calls"] = calls
    return {
        "model": response.get("model"),
        "system_fingerprint": response.get("system_fingerprint"),
        "choices": [{"message": message, "finish_reason": _finish_reason(response, called=bool(calls))}],
        "usage": _usage(response.get("usage")),
    }


def items_to_hand_back(response: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the answer's items if there is reasoning among them that a later request can bring back, in its order.

    None where there is none, or where an item is not of the form that a request may have.
    """
    output = response.get("output")
    if not isinstance(output, list) or len(output) > _MOST_ITEMS:
        return None
    found: list[dict[str, Any]] = []
    for item in output:
        kept = _KEPT.get(str(item.get("type"))) if isinstance(item, dict) else None
        if kept is None or (item["type"] == "function_call" and not _is_whole_call(item)):
            return None
        if item["type"] == "reasoning" and not (item.get("encrypted_content") or _texts(item.get("content"))):
            continue  # a mere summary: the server would look for an item that it has not stored
        bare = {name: item[name] for name in kept if item.get(name) is not None}
        found.append({"summary": [], **bare} if item["type"] == "reasoning" else bare)
    return found if any(item["type"] == "reasoning" for item in found) else None


def _is_whole_call(item: Mapping[str, Any]) -> bool:
    return all(isinstance(item.get(name), str) and item[name] for name in ("call_id", "name", "arguments"))


def _parts(content: Any) -> list[dict[str, Any]]:
    """Return the parts of a message; some servers send a mere text."""
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _texts(parts: Any) -> list[str]:
    return [text for part in _parts(parts) if isinstance(text := part.get("text"), str) and text]


def _thought(item: Mapping[str, Any]) -> str:
    """Return the reasoning of an item; where the server keeps that to itself, its summary."""
    return "".join(_texts(item.get("content"))) or "\n\n".join(_texts(item.get("summary")))


def _call(item: Mapping[str, Any]) -> dict[str, Any] | None:
    name = item.get("name")
    if not isinstance(name, str):
        return None
    ids = [item.get("call_id"), item.get("id")]
    arguments = item.get("arguments")
    function: dict[str, Any] = {"name": name, "arguments": {} if are_no_arguments(arguments) else arguments}
    return {"id": next((each for each in ids if isinstance(each, str) and each), ""), "function": function}


def _finish_reason(response: Mapping[str, Any], *, called: bool) -> Any:
    """Return the finish reason of a chat; a status of no answer (failed, in_progress) is one that means a failure."""
    status, details = response.get("status"), response.get("incomplete_details")
    if status == "incomplete":
        reason = details.get("reason") if isinstance(details, Mapping) else None
        return _REASONS.get(reason, reason) if isinstance(reason, str) and reason else _CUT_OFF
    if status in ("completed", None):
        return "tool_calls" if called else "stop" if status else None
    return status


def _usage(usage: Any) -> dict[str, Any]:
    if not isinstance(usage, Mapping):
        return {}
    named = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens", "total_tokens": "total_tokens"}
    details = usage.get("output_tokens_details")
    counts = {chat: usage.get(ours, usage.get(chat)) for chat, ours in named.items()}
    return {**counts, "completion_tokens_details": details if isinstance(details, Mapping) else {}}
