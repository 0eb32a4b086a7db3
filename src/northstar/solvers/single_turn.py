"""The solver for one question and one answer."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.core.records import Generation, Row
from northstar.task.solver import Asker, Message


@dataclass(frozen=True, slots=True)
class SingleTurn:
    """Asks the rendered prompt once."""

    def messages(self, row: Row, asker: Asker) -> list[Message]:
        return asker.render(row)

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        return await asker.ask(self.messages(row, asker), seed)
