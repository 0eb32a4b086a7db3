"""The contract of a solver: an async function from a row and a seed to a generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from northstar.core.records import Generation, Row, Turn
from northstar.models.tools import Tools
from northstar.task.grader import SolverContext

Message = dict[str, Any]
"""One chat message: {"role": "user", "content": "…"}."""


class Asker(Protocol):
    """What a solver may use: the benchmark's prompt, and one model behind a client with bounded concurrency."""

    def render(self, row: Row) -> list[Message]:
        """Return the row's first messages, from the benchmark's prompt and the user's system message."""

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        """Request one chat completion with the run's sampling settings.

        Args:
            messages: The conversation so far.
            seed: The sampling seed; None samples greedily.
            tools: Functions that the model may call. The generation then has the calls and the text beside them.

        Raises the exceptions of northstar.models.failures.
        """

    async def ask_turn(
        self,
        name: str,
        messages: list[Message],
        seed: int | None,
        tools: Tools | None = None,
        most_tokens: int | None = None,
    ) -> Turn:
        """Ask as `ask` does, for a solver with several questions: the answer is journaled at once, under `name`.

        If an earlier run has journaled this answer, it is returned without asking, so that an interrupted sample
        continues where it stopped. `most_tokens`: generate no more than these. Raises NorthstarError too, if the
        answer cannot be written.
        """

    @property
    def turns(self) -> Sequence[Turn]:
        """What earlier runs have journaled of this sample."""

    @property
    def keep(self) -> Callable[[Turn], None]:
        """Journals a turn that is no answer, such as the results of calls. Raises NorthstarError."""

    @property
    def system_message(self) -> str | None:
        """The user's system message; None if the row's applies."""

    @property
    def solver_context(self) -> SolverContext:
        """What may run between one question and the next."""


class Solver(Protocol):
    """Turns a row into a generation, by one question or a conversation."""

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation: ...
