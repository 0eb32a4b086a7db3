"""Runs pure functions in other processes, which are killed and replaced when they take too long.

Processes, not forks: this process holds locks and sockets that a child must not inherit. They are started when they are
first needed, so that a run whose answers are plain numbers starts none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

import msgspec

from northstar.graders.grader import ComputeError

START_SECONDS = 120.0
"""A new process imports sympy before its first call; on a busy network disk that takes long."""
_LINE_LIMIT = 64 * 2**20


class ComputePool:
    """At most `workers` calls at once, each in a process of its own; further calls wait for their turn.

    Implements graders.grader.Compute. Leaving the `async with` ends all processes.
    """

    def __init__(self, workers: int) -> None:
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._idle.put_nowait(None)  # None: a place whose process isn't started
        self._all: set[_Worker] = set()

    async def __aenter__(self) -> ComputePool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._all):
            await self._end(worker)

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        """The value of `module:function(*arguments)`. `timeout` seconds count from when a ready process begins.

        Raises ComputeError: 'timed out after 10 s', 'took too much memory', 'its process died', …
        """
        worker = await self._idle.get()
        try:
            if worker is None:
                worker = await self._start(function)
            answer = await asyncio.wait_for(worker.ask(function, arguments), timeout)
        except TimeoutError:
            await self._end(worker)
            worker = None
            raise ComputeError(f"timed out after {timeout:g} s") from None
        except (OSError, EOFError, ValueError):
            await self._end(worker)
            worker = None
            raise ComputeError("its process died") from None
        except BaseException:  # cancelled in the middle: the process is still busy with the call
            await self._end(worker)
            worker = None
            raise
        finally:
            self._idle.put_nowait(worker)
        if "error" in answer:
            raise ComputeError(answer["error"])
        return answer["value"]

    async def _start(self, function: str) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "northstar.engine.compute_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent
            limit=_LINE_LIMIT,
        )
        worker = _Worker(process)
        self._all.add(worker)
        try:
            await asyncio.wait_for(worker.ask(function, ()), START_SECONDS)
        except BaseException:
            await self._end(worker)
            raise
        return worker

    async def _end(self, worker: _Worker | None) -> None:
        if worker is not None:
            self._all.discard(worker)
            await worker.end()


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, function: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Send one request and read its answer; without arguments the function is imported, not called."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode((function, arguments)) + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer

    async def end(self) -> None:
        """Kill the process and all it started, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
