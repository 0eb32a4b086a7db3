"""One answer of a conversation with tools: its step of the record, and its messages in the next request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from northstar.core.records import Generation, Step, Turn, sum_of_known
from northstar.models.responses.items import OUTPUT_ITEMS
from northstar.task.solver import Message


def step_of(turn: int, answer: Generation, results: list[str] | None = None, errors: list[str] | None = None) -> Step:
    """Return an answer to the user's turn of that number, with the results of its calls."""
    return Step(
        turn=turn,
        generation=answer.generation,
        reasoning=answer.reasoning,
        reasoning_unfinished=answer.reasoning_unfinished,
        end_not_found=answer.end_not_found,
        finish_reason=answer.finish_reason,
        tool_calls=answer.tool_calls,
        results=results,
        errors=errors,
        generation_start_time=answer.generation_start_time,
        generation_end_time=answer.generation_end_time,
        answered_by=answer.answered_by,
        system_fingerprint=answer.system_fingerprint,
    )


def said(answer: Generation) -> Message:
    """Return the answer, without reasoning, as a message; the Responses API is handed its reasoning back, too."""
    items = {OUTPUT_ITEMS: answer.output_items} if answer.output_items else {}
    return {"role": "assistant", "content": answer.generation, **items}


def exchanged(answer: Generation, results: Sequence[str]) -> list[Message]:
    """Return the answer, without reasoning, and its calls' results as messages of the next request."""
    calls = [
        {
            "id": call["id"] or f"{number:09d}",
            "type": "function",
            "function": {"name": call["name"], "arguments": call["arguments"]},
        }
        for number, call in enumerate(answer.tool_calls or ())
    ]
    replies = [
        {"role": "tool", "content": result, "tool_call_id": call["id"]}
        for call, result in zip(calls, results, strict=True)
    ]
    return [said(answer) | {"tool_calls": calls}, *replies]


def conversation_of(answers: Sequence[Turn], steps: list[Step], **ending: Any) -> Generation:
    """Return the last answer with the steps, tokens and times of all answers; `ending` overrides fields."""
    last = msgspec.structs.asdict(answers[-1])
    del last["name"], last["results"]
    whole = {
        "num_generated_tokens": sum_of_known(answer.num_generated_tokens for answer in answers),
        "num_reasoning_tokens": sum_of_known(answer.num_reasoning_tokens for answer in answers),
        "num_prompt_tokens": sum_of_known(answer.num_prompt_tokens for answer in answers),
        "generation_start_time": answers[0].generation_start_time,
        "time_to_first_token": None,
        "time_between_tokens": None,
        "steps": steps,
    }
    return Generation(**{**last, **whole, **ending})
