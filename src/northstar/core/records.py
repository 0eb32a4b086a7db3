"""What flows through a run: rows, generations, grades (see docs/records.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

Row: TypeAlias = dict[str, Any]
"""One problem as `ns prepare_data` wrote it: at least `id`, and what its benchmark needs."""

Grade: TypeAlias = Mapping[str, Any]
"""Named scores of one generation, as plain JSON, for example {"predicted_answer": "5", "symbolic_correct": True}."""


class Outcome(Protocol):
    """What of a generation is counted; see `Generation`."""

    @property
    def num_generated_tokens(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def out_of_context(self) -> bool: ...
    @property
    def reduced_to(self) -> int | None: ...


class Times(msgspec.Struct, frozen=True):
    """When something was generated, of all that a record or a part of it holds. Unix seconds, 0 where unknown."""

    generation_start_time: float = 0.0
    generation_end_time: float = 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer within a conversation. turn: of the user, from 0; results: what its tool calls gave, in order."""

    turn: int
    generation: str
    reasoning: str | None = None
    reasoning_unfinished: bool = False
    end_not_found: bool = False
    finish_reason: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    results: list[str] | None = None
    generation_start_time: float = 0.0
    generation_end_time: float = 0.0
    answered_by: str | None = None
    system_fingerprint: str | None = None


class Generation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model answered to one sample, or why it did not.

    `generation` is the text that is graded; `reasoning` what came before it, if told apart (models/reply/reasoning.py).
    Times are Unix seconds. `error` says why there is no answer (out of context, refused by the server); such a
    generation is graded like an empty one, even where there is a text. `reduced_to` is the number of tokens that an
    answer could have where that was less than asked for. `tool_calls` are what was read as calls of tools, by the
    server or here: each with id, name and arguments, which are JSON as text. `steps`: of a conversation, in order.
    `turns`: the answers that it is made of, where each is a question of its own; tokens and times are theirs together.
    `end_not_found`: the reasoning is the whole text, since what ends it is not in it; else the server told it apart.
    `end_unopened`: the text ends a reasoning that nothing is seen to open, neither it nor the prompt.
    `answered_by` and `system_fingerprint` are the answer's `model` and that, where these are others than of the first
    answer to the same results.
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
    answered_by: str | None = None
    system_fingerprint: str | None = None


class Turn(Generation, frozen=True, kw_only=True, omit_defaults=True):
    """One answer of several that make a generation. name: what tells it apart from the sample's others."""

    name: str


def sum_of_known(counts: Iterable[int | None]) -> int | None:
    """The sum of the counts that are known; None where none is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
