"""The shape of a solver: an async function from a row and a seed to a generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from northstar.graders.grader import Workbench
from northstar.models.tools import Tools
from northstar.records import Generation, Row, Turn

Message = dict[str, Any]
"""One chat message: {"role": "user", "content": "…"}."""


class Asker(Protocol):
    """What a solver may use: the job's prompt, and one model behind one bounded client.

    A solver that asks several times can keep each answer as it comes, and ask no question whose answer was kept: so a
    sample that is cut off in its middle goes on from there.
    """

    def render(self, row: Row) -> list[Message]:
        """The row's first messages, from the benchmark's prompt and the user's system message."""

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        """One chat completion with the job's sampling settings. Raises what northstar.models.failures names.

        tools: what the model may call; then the generation has its calls, and its text is what stands beside them.
        """

    @property
    def system_message(self) -> str | None:
        """The user's own; None where the row's holds."""

    @property
    def turns(self) -> Sequence[Turn]:
        """What an earlier run of the same sample has kept, in order."""

    @property
    def keep(self) -> Callable[[Turn], None]:
        """Keeps an answer at once, before the next question. Raises NorthstarError when it can't be written."""

    @property
    def workbench(self) -> Workbench:
        """What runs between one question and the next."""


class Solver(Protocol):
    """Turns a row into a generation, by one question or by a conversation."""

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation: ...
