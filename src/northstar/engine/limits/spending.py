"""Counts what a run spends, beside what its output folder has spent before, and says when a limit is reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from northstar.config.bounds.limits import Limits
from northstar.core.clock import monotonic
from northstar.core.records import Generation, Turn
from northstar.core.text import duration

LIMIT_REACHED = 3
"""The exit status of a run that a limit stopped."""


@dataclass(slots=True)
class Spending:
    """Tokens and cost of all runs of an output folder, this one included; one for the model and its judges.

    Attributes:
        tokens: Of prompts and answers.
        cost: By the prices of the limits.
        before: The tokens of earlier runs among them.
        untold: An answer whose tokens the server did not tell; with a limit, the run stops at it.
    """

    limits: Limits = field(default_factory=Limits)
    tokens: int = 0
    cost: float = 0.0
    before: int = 0
    began: float = field(default_factory=monotonic)
    untold: bool = False

    def add(self, judge: str, generation: Generation, turns: Collection[Turn] = ()) -> None:
        """Count an answer of the model (judge: '') or of a judge, but for its turns, which are counted already."""
        prompt, generated = generation.num_prompt_tokens, generation.num_generated_tokens
        if generated is None and generation.error is None and generation.generation_start_time:
            self.untold = True
        # Turns of an attempt that began again are beside those that the generation sums up.
        asked = sum(turn.num_prompt_tokens or 0 for turn in turns)
        answered = sum(turn.num_generated_tokens or 0 for turn in turns)
        self.count(judge, max(0, (prompt or 0) - asked), max(0, (generated or 0) - answered))

    def count(self, judge: str, prompt: int, generated: int) -> None:
        self.tokens += prompt + generated
        price = self.limits.prices.get(judge)
        self.cost += 0.0 if price is None else price.cost(prompt, generated)

    @property
    def reached(self) -> str:
        """Say which limit is reached, as the beginning of a sentence; '' for none."""
        limits = self.limits
        if limits.tokens is not None and self.tokens >= limits.tokens:
            return f"--max_tokens_total={limits.tokens}: this folder's runs have spent {self.tokens:,} tokens"
        if limits.cost is not None and self.cost >= limits.cost:
            return f"--max_cost={limits.cost:g}: this folder's runs have spent {self.cost:.4g}"
        if limits.seconds is not None and monotonic() - self.began >= limits.seconds:
            return f"--time_limit: {duration(limits.seconds)} have passed"
        if self.untold and (limits.tokens is not None or limits.cost is not None):
            return "the server does not say how many tokens its answers have, so that no limit on them can be kept"
        return ""

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """End the block, and what it waits for, when the time is over."""
        seconds = self.limits.seconds
        left = None if seconds is None else max(0.0, self.began + seconds - monotonic())
        scope = asyncio.timeout(left)
        try:
            async with scope:
                yield
        except TimeoutError:
            if not scope.expired():
                raise

    def as_json(self) -> dict[str, Any]:
        """Return what run.json says of it; {} where nothing is bounded or priced."""
        if self.limits == Limits():
            return {}
        given = self.limits.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return {
            "limits": given,
            "spent": {
                "tokens": self.tokens,
                "tokens_before": self.before,
                **({"cost": self.cost} if self.limits.prices else {}),
            },
        }
