"""Runs untrusted programs in sequence, isolated from the machine and from each other.

async with Sandbox(tier, workers=2) as sandbox:
    outcome = await sandbox.run(Program(code="print(input())"), b"hello\\n")
    outcome.status, outcome.output   # 'ok', b'hello\\n'
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from types import TracebackType
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.sandbox.frames import CannotStart, Lost
from northstar.sandbox.launch import Interpreter, this_interpreter
from northstar.sandbox.program import Limits, Outcome, Passes, Program, Setup
from northstar.sandbox.worker import Worker

MOST_LOSSES = 3
"""How often to start a test whose program is killed or loses its fork server: memory may have run out."""
_KILLED = ("crash", "killed by SIGKILL")


async def any_outcome(number: int, outcome: Outcome) -> bool:  # noqa: ARG001
    """Accept any output and go on to the next test."""
    return True


class Sandbox:
    """Runs at most `workers` programs at once; further ones wait in order.

    Fork servers start when first needed, one per setup and place. Implements program.Runner. Leaving the `async with`
    ends them all and waits for them.
    """

    def __init__(
        self, tier: str, workers: int, interpreter: Interpreter | None = None, lacks: Sequence[str] = ()
    ) -> None:
        """Set up a sandbox of a tier: 'bubblewrap', 'landlock' or 'unsafe'; tiers.py finds out which ones work."""
        self.tier = tier
        self.lacks = lacks
        self._interpreter = interpreter or this_interpreter()
        self._places = asyncio.Semaphore(workers)
        self._workers = workers
        self._idle: dict[Setup, list[Worker]] = {}
        self._alive: set[Worker] = set()
        self._numbers = count()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Sandbox:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._alive):
            self._end(worker)
        while self._ending:
            await asyncio.wait(self._ending)

    async def about(self, setup: Setup = Setup()) -> dict[str, Any]:  # noqa: B008
        """Return the interpreter's version and the loaded modules of the setup. Raises NorthstarError."""
        async with self._places:
            worker = await self._take(setup)
            self._give_back(setup, worker)
            return worker.about

    async def run(self, program: Program, stdin: bytes = b"", limits: Limits = Limits()) -> Outcome:  # noqa: B008
        """Run the program once. Raises NorthstarError if fork servers don't start."""
        outcomes = await self.run_tests(program, [stdin], limits)
        return outcomes[0]

    async def run_tests(
        self,
        program: Program,
        inputs: Iterable[bytes],
        limits: Limits = Limits(),  # noqa: B008
        passes: Passes = any_outcome,
    ) -> list[Outcome]:
        """Run the program on one input after the other, until a test fails or does not pass.

        Inputs are drawn as needed. If the program is killed or its fork server is lost, the test is repeated; after
        MOST_LOSSES tries its outcome is a crash with `lost`. Raises NorthstarError if fork servers don't start.
        """
        async with self._places:
            remaining = _Inputs(inputs)
            outcomes: list[Outcome] = []
            losses, going_on = 0, True
            while going_on:
                worker = await self._take(program.setup)
                try:
                    going_on = await worker.run_tests(program, remaining, limits, outcomes, passes)
                    self._give_back(program.setup, worker)
                    if not (outcomes and (outcomes[-1].status, outcomes[-1].error) == _KILLED):
                        continue
                    lost = outcomes.pop()
                except Lost as loss:
                    self._end(worker)
                    lost = Outcome(status="crash", error=f"the sandbox was lost: {loss}")
                except CannotStart as error:
                    self._end(worker)
                    raise self._failed(error) from None
                except BaseException:
                    self._end(worker)
                    raise
                losses += 1
                if losses == MOST_LOSSES:
                    outcomes.append(dataclasses.replace(lost, lost=True))
                    break
                remaining.repeat()
                going_on = True
            return outcomes

    async def _take(self, setup: Setup) -> Worker:
        idle = self._idle.get(setup)
        if idle:
            return idle.pop()
        # Programs of other setups may return at any time, but don't keep more idle fork servers than places.
        spare = [(other, workers) for other, workers in self._idle.items() if workers]
        if spare and len(self._alive) >= 2 * self._workers:
            self._end(spare[0][1].pop())
        try:
            worker = await Worker.start(self.tier, self._interpreter, setup, next(self._numbers))
        except CannotStart as error:
            raise self._failed(error) from None
        self._alive.add(worker)
        return worker

    def _failed(self, error: CannotStart) -> NorthstarError:
        return NorthstarError(f"the sandbox ({self.tier}) did not start: {error}.")

    def _give_back(self, setup: Setup, worker: Worker) -> None:
        if worker.usable:
            self._idle.setdefault(setup, []).append(worker)
        else:
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        """End the worker; leaving the sandbox waits for it, the program does not."""
        self._alive.discard(worker)
        task = asyncio.ensure_future(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Inputs:
    """An iterator that can repeat its last item."""

    def __init__(self, inputs: Iterable[bytes]) -> None:
        self._inputs = iter(inputs)
        self._last: list[bytes] = []
        self._again = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not (self._again and self._last):
            self._last = [next(self._inputs)]
        self._again = False
        return self._last[0]

    def repeat(self) -> None:
        self._again = True
