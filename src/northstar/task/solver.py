"""The shape of a solver: an async function from a row and a seed to a generation."""

from __future__ import annotations

from typing import Any, Protocol

from northstar.core.records import Generation, Row, Turn
from northstar.models.tools import Tools
from northstar.task.grader import SolverContext

Message = dict[str, Any]
"""One chat message: {"role": "user", "content": "…"}."""


class Asker(Protocol):
    """What a solver may use: the job's prompt, and one model behind one bounded client."""

    def render(self, row: Row) -> list[Message]:
        """The row's first messages, from the benchmark's prompt and the user's system message."""

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        """One chat completion with the job's sampling settings. Raises what northstar.models.failures names.

        tools: what the model may call; then the generation has its calls, and its text is what stands beside them.
        """

    async def ask_turn(self, name: str, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Turn:
        """As `ask`, for a solver that asks several times: the answer is kept at once, under a name of its own.

        A question whose answer an earlier run of the sample has kept is not asked: a sample that is cut off in its
        middle goes on from there. Raises NorthstarError too, when the answer can't be written.
        """

    @property
    def system_message(self) -> str | None:
        """The user's own; None where the row's holds."""

    @property
    def solver_context(self) -> SolverContext:
        """What runs between one question and the next."""


class Solver(Protocol):
    """Turns a row into a generation, by one question or by a conversation."""

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation: ...
