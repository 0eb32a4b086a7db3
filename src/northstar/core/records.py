"""The values that flow through a run: rows, generations, grades (see docs/records.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

Row: TypeAlias = dict[str, Any]
"""One problem as `ns prepare_data` wrote it: an `id`, and the fields that its benchmark needs."""

Grade: TypeAlias = Mapping[str, Any]
"""Named scores of one generation, as plain JSON: {"predicted_answer": "5", "symbolic_correct": True}."""


class Outcome(Protocol):
    """The part of a generation that is counted; see `Generation`."""

    @property
    def num_generated_tokens(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def out_of_context(self) -> bool: ...
    @property
    def reduced_to(self) -> int | None: ...


class Times(msgspec.Struct, frozen=True):
    """When a record, or a part of it, was generated. Unix seconds; 0 where unknown."""

    generation_start_time: float = 0.0
    generation_end_time: float = 0.0


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one call of a tool gave.

    Attributes:
        text: What the model is told.
        error: What went wrong, in a line; '' if nothing did.
        ended: Whether the tool's state is gone, so that the next call finds a new one.
    """

    text: str
    error: str = ""
    ended: bool = False


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """How a sample used a tool.

    Attributes:
        calls: The calls that the model made, up to the limit.
        errors: Those of them that gave an error, or were malformed.
        begun_again: How often the sample began again, as its calls gave other results when they were replayed.
    """

    calls: int = 0
    errors: int = 0
    begun_again: int = 0


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer within a conversation.

    Attributes:
        turn: The user's turn that it answers, from 0.
        results: The results of its tool calls, in order.
        errors: What went wrong in each of them; '' where nothing did. None if nothing did in any.
    """

    turn: int
    generation: str
    reasoning: str | None = None
    reasoning_unfinished: bool = False
    end_not_found: bool = False
    finish_reason: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    results: list[str] | None = None
    errors: list[str] | None = None
    generation_start_time: float = 0.0
    generation_end_time: float = 0.0
    answered_by: str | None = None
    system_fingerprint: str | None = None


class Generation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The model's answer to one sample, or the reason why there is none. Times are Unix seconds.

    Attributes:
        generation: The text that is graded.
        reasoning: The text before it, where reasoning is separated (models/reply/reasoning.py).
        error: Why there is no answer (out of context, refused by the server). The generation is then graded as empty,
            even if it has a text.
        reasoning_unfinished: The answer ended within its reasoning.
        end_not_found: The text is all reasoning, its end tag missing; not set where the server separated it.
        end_unopened: The text ends a reasoning that neither it nor the prompt visibly opens.
        reduced_to: The number of tokens the answer could have, where that was less than requested.
        tool_calls: The tool calls, read by the server or here: each with id, name and arguments (JSON as text).
        steps: The steps of a conversation, in order.
        turns: The answers that make up this generation, each to a question of its own; token counts and times
            cover them all.
        tool_use: How it used a tool that Northstar offered.
        answered_by, system_fingerprint: The answer's `model` and `system_fingerprint`, where they differ from those of
            the first answer in the same results.
        num_reasoning_tokens: How many of the generated tokens are reasoning, where the server says.
        time_to_first_token: Seconds from the request to the first token of a streamed answer.
        time_between_tokens: Mean seconds between two of its tokens.
        output_items: What a conversation over the Responses API hands back of this answer; in no record.
    """

    generation: str
    reasoning: str | None = None
    finish_reason: str | None = None
    num_generated_tokens: int | None = None
    num_prompt_tokens: int | None = None
    generation_start_time: float = 0.0
    generation_end_time: float = 0.0
    error: str | None = None
    reasoning_unfinished: bool = False
    end_not_found: bool = False
    end_unopened: bool = False
    out_of_context: bool = False
    reduced_to: int | None = None
    tool_calls: list[dict[str, Any]] | None = None
    steps: list[Step] | None = None
    turns: list[Turn] | None = None
    tool_use: ToolUse | None = None
    answered_by: str | None = None
    system_fingerprint: str | None = None
    num_reasoning_tokens: int | None = None
    time_to_first_token: float | None = None
    time_between_tokens: float | None = None
    output_items: list[dict[str, Any]] | None = None


class Turn(Generation, frozen=True, kw_only=True, omit_defaults=True):
    """One of several answers that make up a generation; `name` identifies it within the sample.

    `results`: What its tool calls gave, where such a turn stands for these alone.
    """

    name: str
    results: list[ToolResult] | None = None


def sum_of_known(counts: Iterable[int | None]) -> int | None:
    """Sum the counts that are known; None if none is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
