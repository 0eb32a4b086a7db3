"""One live interpreter in the sandbox, seen from outside."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

from northstar.sandbox.frames import Frames, Lost
from northstar.sandbox.program import Limits, Outcome
from northstar.sandbox.worker import GRACE_SECONDS, Worker, outcome_of


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell did.

    Attributes:
        outcome: Its output, and how it ended; an exception, which the interpreter survives, is an `error` with status
            'ok'.
        alive: Whether the interpreter can run another cell.
        held: Bytes of memory that the interpreter and its supervisor share with no other process.
    """

    outcome: Outcome
    alive: bool
    held: int


class Session:
    """An interpreter that keeps its state from cell to cell; `held`: see Cell."""

    def __init__(self, frames: Frames, limits: Limits) -> None:
        self._frames, self._limits = frames, limits
        self._cells = 0
        self.held = 0

    @classmethod
    async def begin(cls, server: Worker, limits: Limits, seed: int) -> Session:
        """Fork an interpreter of a fork server for sessions. Raises Lost."""
        frames = await server.open_session()
        await frames.send({"limits": asdict(limits), "seed": seed})
        return cls(frames, limits)

    async def run(self, code: str) -> Cell:
        """Run a cell. Raises Lost, and CannotStart from the first one; after both the session is of no use."""
        longest = self._limits.wall_seconds + GRACE_SECONDS
        try:
            async with asyncio.timeout(longest):
                await self._frames.send({"cell": self._cells}, code.encode("utf-8", "replace"))
                header, output = await self._frames.receive(self._limits.output_bytes + (1 << 17))
        except TimeoutError:
            raise Lost("it did not answer in time") from None
        self._cells += 1
        try:
            self.held = int(header["held"])
            return Cell(outcome_of(header, output), header["alive"] is True, self.held)
        except (KeyError, TypeError, ValueError):
            raise Lost("it sent something unexpected") from None

    def close(self) -> None:
        """End the interpreter, whatever it is doing."""
        self._frames.close()
