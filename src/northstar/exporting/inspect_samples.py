"""A record as a sample of an Inspect log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_ENDINGS = {"stop": "stop", "length": "max_tokens", "tool_calls": "tool_calls", "content_filter": "content_filter"}
_INPUTS = ("problem", "question", "prompt")
_PLACED = frozenset(
    (
        *("id", "expected_answer", "generation", "reasoning", "tool_calls", "steps", "finish_reason", "error"),
        *("num_generated_tokens", "num_prompt_tokens", "generation_start_time", "generation_end_time"),
    )
)
"""Fields of a record that have a place of their own in a sample; the others become its metadata."""


def sample_of(
    record: Mapping[str, Any], epoch: int, seed: int | None, model: str, scores: Sequence[str], answer: str | None
) -> dict[str, Any]:
    """Return a sample.

    Args:
        record: The record.
        epoch: From 1.
        seed: None for the greedy generation.
        model: The model's name.
        scores: The fields of the record that are scores; one that it lacks is left out.
        answer: The field with the extracted answer, if any.
    """
    asked = next((name for name in _INPUTS if record.get(name) is not None), "")
    question = _text(record.get(asked, ""))
    answered = _answered(record, model)
    tokens = {
        "input_tokens": record.get("num_prompt_tokens") or 0,
        "output_tokens": record.get("num_generated_tokens") or 0,
    }
    usage = {**tokens, "total_tokens": sum(tokens.values())}
    started, ended = record.get("generation_start_time") or 0.0, record.get("generation_end_time") or 0.0
    explanation = record.get("judgement") or record.get("checker_message") or record.get("grading_error")
    given = {
        name: {
            "value": _value(record[name]),
            "answer": None if answer is None or record.get(answer) is None else _text(record[answer]),
            "explanation": None if explanation is None else _text(explanation),
        }
        for name in scores
        if record.get(name) is not None
    }
    kept = {key: value for key, value in record.items() if key not in _PLACED and key != asked and key not in given}
    sample = {
        "id": record.get("id"),
        "epoch": epoch,
        "input": question,
        "target": _text(record.get("expected_answer", "")),
        "messages": [{"role": "user", "content": question, "source": "input"}, *_steps(record, model), answered],
        "output": {
            "model": model,
            "choices": [
                {"message": answered, "stop_reason": _ENDINGS.get(str(record.get("finish_reason")), "unknown")}
            ],
            "completion": record.get("generation") or "",
            "usage": usage,
            "time": max(0.0, ended - started) if started else None,
        },
        "scores": given,
        "metadata": {**kept, "seed": seed, "finish_reason": record.get("finish_reason")},
        "store": {},
        "events": [],
        "model_usage": {model: usage},
        "attachments": {},
    }
    if started:
        sample |= {"started_at": when(started), "completed_at": when(ended), "total_time": max(0.0, ended - started)}
    if record.get("error"):
        sample["error"] = {"message": _text(record["error"]), "traceback": "", "traceback_ansi": ""}
    return sample


def summary_of(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line that a list of samples shows of one."""
    kept = ("id", "epoch", "scores", "model_usage", "started_at", "completed_at", "total_time")
    error = {"error": sample["error"]["message"][:_SHOWN]} if "error" in sample else {}
    return {
        **{key: sample[key] for key in kept if key in sample},
        "input": sample["input"][:_SHOWN],
        "target": sample["target"][:_SHOWN],
        "metadata": {"seed": sample["metadata"]["seed"]},
        "completed": True,
        "message_count": len(sample["messages"]),
        **error,
    }


_SHOWN = 1024
"""Characters of a text in the list of samples."""


def when(seconds: float) -> str:
    """Return Unix seconds as an ISO time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _answered(record: Mapping[str, Any], model: str) -> dict[str, Any]:
    return _assistant(record.get("generation"), record.get("reasoning"), record.get("tool_calls"), model)


def _steps(record: Mapping[str, Any], model: str) -> list[dict[str, Any]]:
    """Return the messages of a conversation with tools before its last answer."""
    messages: list[dict[str, Any]] = []
    for step in record.get("steps") or ():
        calls = step.get("tool_calls") or []
        messages.append(_assistant(step.get("generation"), step.get("reasoning"), calls, model))
        for call, result in zip(calls, step.get("results") or (), strict=False):
            messages.append({"role": "tool", "content": _text(result), "tool_call_id": str(call.get("id") or "")})
    return messages


def _assistant(text: Any, reasoning: Any, calls: Any, model: str) -> dict[str, Any]:
    content: Any = text or ""
    if reasoning:
        content = [{"type": "reasoning", "reasoning": reasoning}, {"type": "text", "text": text or ""}]
    message = {"role": "assistant", "content": content, "source": "generate", "model": model}
    return message | ({"tool_calls": [_call(call) for call in calls]} if calls else {})


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    given = call.get("arguments")
    try:
        arguments = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        arguments = None
    read = isinstance(arguments, dict)
    return {
        "id": str(call.get("id") or ""),
        "function": str(call.get("name") or ""),
        "arguments": arguments if read else {"arguments": given},
        "type": "function",
        **({} if read else {"parse_error": "the arguments are no JSON object"}),
    }


def _value(score: Any) -> Any:
    """Return Inspect's letters for right and wrong, and a share as it is."""
    if isinstance(score, bool):
        return "C" if score else "I"
    return score if isinstance(score, int | float) else _text(score)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
