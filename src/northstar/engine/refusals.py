"""Tells a request that the server refuses from a server that refuses requests.

A refusal is its sample's result: the prompt is too long, a filter objects. But after a wrong setting, or once a key is
revoked, every request is refused, and no result must be spoilt. So a refusal is held back until there is a sign that
the server is well: an answer to a request that was sent later.
"""

from __future__ import annotations

from typing import NamedTuple

from northstar.core.records import Generation
from northstar.core.text import counted
from northstar.engine.open_shard import OpenShard
from northstar.models.failures import ServerUnusable
from northstar.models.refusal_words import speaks_of_filter, speaks_of_token_limit

MOST_AT_FIRST = 8
"""Rows that may be refused before anything has been answered."""
MOST_IN_A_ROW = 20
"""Rows that may be refused, for other reasons than their length, with no request answered that was sent later."""


class Refusal(NamedTuple):
    """A sample that got no answer. of_context: its prompt was too long. of_template: the model's chat template, here,
    takes no such prompt, and nothing was sent.
    """

    shard: OpenShard
    row: int
    generation: Generation
    of_context: bool
    of_template: bool = False

    @property
    def of_sample(self) -> bool:
        """Whether it says nothing of the server, as soon as that is known to answer anything."""
        return self.of_context or self.of_template

    @property
    def started(self) -> float:
        """When it was asked, in Unix seconds."""
        return self.generation.generation_start_time


class Refusals:
    """The refusals of a job that are held back. answered: whether the server has answered anything yet."""

    def __init__(self, *, answered: bool) -> None:
        self._answered = answered
        self._held: list[Refusal] = []

    def add(self, refusal: Refusal) -> list[Refusal]:
        """One more; returns those that can be recorded now."""
        if self._answered and refusal.of_sample:
            return [refusal]
        self._held.append(refusal)
        return []

    def answer(self, started: float) -> list[Refusal]:
        """A request that was sent at `started` was answered; returns the refusals that can be recorded now.

        These are the ones it was sent after, and those that are their samples' own, whenever they were sent.
        """
        self._answered = True
        settled = [refusal for refusal in self._held if refusal.of_sample or refusal.started <= started]
        if settled:
            self._held = [refusal for refusal in self._held if refusal not in settled]
        return settled

    @property
    def too_many(self) -> bool:
        """Whether it is time to ask nothing more until something in flight is answered."""
        return self._rows() >= (MOST_IN_A_ROW if self._answered else MOST_AT_FIRST)

    def rest(self) -> list[Refusal]:
        """At the end of a job: what is still held can be recorded. Raises ServerUnusable if the server is to blame."""
        harmless = self._answered or all(refusal.of_context for refusal in self._held)
        if self._held and (self.too_many or not harmless):
            raise self.error()
        settled, self._held = self._held, []
        return settled

    def error(self) -> ServerUnusable:
        """What to tell the user of a server that refuses everything."""
        why, count = self._held[-1].generation.error, len(self._held)
        who, remedy = self._to_blame()
        if self._answered:
            return ServerUnusable(
                f"{who} has refused the last {count} requests ({why}). What was done before is kept; "
                f"{remedy or 'see to the server'}, then run the same command again to go on."
            )
        if all(refusal.of_template for refusal in self._held):
            return ServerUnusable(
                f"the model's chat template, applied here, fails for each of the {counted(count, 'prompt')} "
                f"tried: no request was sent ({why}). Nothing was recorded; mend the template, or leave it to the "
                "server by ++inference.endpoint_type=chat, then run the same command again."
            )
        return ServerUnusable(
            f"{who} refused {counted(count, 'request')} and answered none ({why}). Nothing was recorded; "
            f"{remedy or 'check the settings of ++inference'}, then run the same command again."
        )

    def _to_blame(self) -> tuple[str, str]:
        """Who refuses, and what helps where all refusals are of one known kind; else ''."""
        errors = [refusal.generation.error or "" for refusal in self._held]
        if all(refusal.of_context for refusal in self._held):
            return "the server", (
                "lower ++inference.tokens_to_generate, or let ++context_overflow=reduce_generation shorten the answers"
            )
        if all(map(speaks_of_filter, errors)):
            return "the server's filter", "ask whoever runs the server to let these prompts through its filter"
        if all(map(speaks_of_token_limit, errors)):
            return "the server", "lower ++inference.tokens_to_generate"
        return "the server", ""

    def _rows(self) -> int:
        return len({(refusal.shard.shard.benchmark, refusal.row) for refusal in self._held})
