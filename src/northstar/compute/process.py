"""One worker process of a ComputePool, and the pipes to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from northstar.task.grader import ComputeError

LINE_LIMIT = 64 * 2**20
"""Longest answer in bytes; an answer is at most a generation's text."""

PATIENCE = 5
"""How many timeouts a process may take that got little CPU, on a machine that is busy or was asleep."""

_KILLED = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Signals sent from outside. Any other signal is the function's own fault and would come again."""


class Fatal(ComputeError):
    """The call failed, and its process cannot be used again."""


class Passing(Exception):
    """The call failed, its process cannot be used again, but another process may succeed.

    `own`: if no process succeeds, the function is to blame; otherwise the call was lost.
    """

    def __init__(self, why: str, *, own: bool = False) -> None:
        super().__init__(why)
        self.own = own


class WorkerProcess:
    """A worker process, and the pipes to it."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._requests, self._answers, self._errors = process.stdin, process.stdout, process.stderr
        self.calls = 0
        self.ready: set[str] = set()

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def ask(self, function: str, arguments: tuple[Any, ...] | None) -> dict[str, Any]:
        """Send a request and return the answer; without arguments, the function is only made ready."""
        self.calls += 1
        # The standard json, because it passes lone surrogates through as escapes; msgspec does not.
        self._requests.write(json.dumps((function, arguments)).encode() + b"\n")
        await self._requests.drain()
        return await self.hear()

    async def ask_within(self, timeout: float, function: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Ask as `ask` does. Raises TimeoutError after `timeout` seconds of which the process had the CPU for half."""
        asking = asyncio.ensure_future(self.ask(function, arguments))
        before = self._cpu_seconds()
        try:
            for _ in range(PATIENCE):
                await asyncio.wait([asking], timeout=timeout)
                if asking.done():
                    return asking.result()
                used = self._cpu_seconds()
                if before is None or used is None or used - before >= timeout / 2:
                    raise TimeoutError
            raise Passing(f"its process was not given the CPU in {PATIENCE * timeout:g} s")
        finally:
            asking.cancel()

    def _cpu_seconds(self) -> float | None:
        """Return the CPU time that the process has used; None where the system does not tell."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return None
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    async def hear(self) -> dict[str, Any]:
        try:
            line = await self._answers.readline()
        except ValueError:
            raise Fatal(f"its answer is longer than {LINE_LIMIT >> 20} MiB") from None
        if not line.endswith(b"\n"):
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def loss(self) -> Passing:
        """Return how the process was lost, for the caller to raise."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
        code = self._process.returncode
        if code is None:
            return Passing("the pipe to its process broke")
        if code >= 0:
            return Passing(f"its process ended with status {code}", own=True)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return Passing(f"its process was killed by {name}", own=-code not in _KILLED)

    async def last_error_line(self) -> str:
        """Kill the process; return the line of its stderr that names an error, or the last one."""
        self.kill()
        lines = (await self._errors.read()).decode(errors="replace").strip().split("\n")
        return next((line for line in lines if "Error" in line), lines[-1]).strip() or "it gave no reason."

    def kill(self) -> None:
        """Kill the process and everything it started."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._requests.close()

    async def end(self) -> None:
        """Wait until the process and its pipes are gone."""
        await self._process.wait()
        with suppress(OSError):  # input that it no longer reads
            await self._requests.wait_closed()
