"""Decides whether a refusal is the fault of its request or of the server.

Normally a refusal is the result of its sample: the prompt is too long, or a filter objects. But after a wrong setting
or with a revoked key the server refuses every request, and these refusals must not be recorded as results. So a
refusal is held back until the server answers a request that was sent later.
"""

from __future__ import annotations

from typing import NamedTuple

from northstar.core.clock import now
from northstar.core.records import Generation, Turn, sum_of_known
from northstar.core.text import counted
from northstar.engine.open_shard import OpenShard
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable
from northstar.models.refusal_words import speaks_of_filter, speaks_of_token_limit
from northstar.models.sampling_words import names_neutral

MOST_AT_FIRST = 8
"""The number of refused rows that ends the run before anything has been answered."""
MOST_IN_A_ROW = 20
"""The number of refused rows that ends the run where no later request has been answered."""


class Refusal(NamedTuple):
    """A sample that was refused.

    Attributes:
        generation: what to record for it.
        of_context: its prompt was too long.
        of_template: the model's chat template, applied here, rejected the prompt; nothing was sent.
    """

    shard: OpenShard
    row: int
    generation: Generation
    of_context: bool
    of_template: bool = False

    @property
    def of_sample(self) -> bool:
        """Whether the sample is to blame, once the server has answered anything."""
        return self.of_context or self.of_template

    @property
    def started(self) -> float:
        """When the sample was asked, in Unix seconds."""
        return self.generation.generation_start_time


def _of_neutral(refusal: Refusal) -> bool:
    """Whether the server refuses a neutral sampling value, which the user did not give."""
    inference = refusal.shard.procedure.settings.inference
    given = {name for name, value in inference.values().items() if value is not None} | inference.extra_body.keys()
    return inference.neutral is not False and names_neutral(refusal.generation.error or "", given)


class Refusals:
    """The refusals that are held back. answered: whether the server has answered anything yet."""

    def __init__(self, *, answered: bool) -> None:
        self._answered = answered
        self._held: list[Refusal] = []

    def add(self, refusal: Refusal) -> list[Refusal]:
        """Add a refusal; returns those that can be recorded now."""
        if self._answered and refusal.of_sample:
            return [refusal]
        self._held.append(refusal)
        return []

    def answer(self, started: float) -> list[Refusal]:
        """Take note of an answer to a request sent at `started`; returns the refusals that can be recorded now.

        These are the refusals of earlier requests, and all whose own sample is to blame.
        """
        self._answered = True
        settled = [refusal for refusal in self._held if refusal.of_sample or refusal.started <= started]
        if settled:
            self._held = [refusal for refusal in self._held if refusal not in settled]
        return settled

    @property
    def too_many(self) -> bool:
        """Whether to ask nothing more until a request in flight is answered."""
        return self._rows() >= (MOST_IN_A_ROW if self._answered else MOST_AT_FIRST)

    def rest(self) -> list[Refusal]:
        """Release the refusals still held at the end of a run. Raises ServerUnusable if the server is to blame."""
        harmless = self._answered or all(refusal.of_context for refusal in self._held)
        if self._held and (self.too_many or not harmless):
            raise self.error()
        settled, self._held = self._held, []
        return settled

    def error(self) -> ServerUnusable:
        """Make the error that ends the run."""
        why, count = self._held[-1].generation.error, len(self._held)
        who, remedy = self._to_blame()
        if self._answered:
            return ServerUnusable(
                f"{who} has refused the last {count} requests ({why}). What was done before is kept; "
                f"{remedy or 'check the server'}, then run the same command again to go on."
            )
        if all(refusal.of_template for refusal in self._held):
            return ServerUnusable(
                f"the model's chat template, applied here, fails for each of the {counted(count, 'prompt')} "
                f"tried: no request was sent ({why}). Nothing was recorded; fix the template, or let the server "
                "apply its own with ++inference.endpoint_type=chat, then run the same command again."
            )
        return ServerUnusable(
            f"{who} refused {counted(count, 'request')} and answered none ({why}). Nothing was recorded; "
            f"{remedy or 'check the settings of ++inference'}, then run the same command again."
        )

    def _to_blame(self) -> tuple[str, str]:
        """Who refuses, and the remedy; '' where the refusals are not all of one known kind."""
        errors = [refusal.generation.error or "" for refusal in self._held]
        if all(refusal.of_context for refusal in self._held):
            return "the server", (
                "lower ++inference.tokens_to_generate, or let ++context_overflow=reduce_generation shorten the answers"
            )
        if all(map(speaks_of_filter, errors)):
            return "the server's filter", "ask whoever runs the server to let these prompts through its filter"
        if all(map(speaks_of_token_limit, errors)):
            return "the server", "lower ++inference.tokens_to_generate"
        if all(_of_neutral(refusal) for refusal in self._held):
            return "the server", "say ++inference.neutral=False, which sends no sampling value that is not set"
        return "the server", ""

    def _rows(self) -> int:
        return len({(refusal.shard.shard.benchmark, refusal.row) for refusal in self._held})


def error_generation(failure: Refused | GaveUp, started: float, turns: list[Turn]) -> Generation:
    """Make the generation of an unanswered sample. turns: the ones answered before; they are graded."""
    return Generation(
        generation="",
        finish_reason="error",
        num_generated_tokens=sum_of_known(turn.num_generated_tokens for turn in turns) or 0,
        turns=turns or None,
        generation_start_time=started,
        generation_end_time=now(),
        error=str(failure),
        out_of_context=isinstance(failure, OutOfContext),
    )
