"""Runs pure functions in other processes, which are killed and replaced when they take too long.

Processes of their own, no forks: this one holds locks and sockets that a child must not inherit. They are started when
they are first needed, so that a run whose answers are plain numbers starts none.

    async with ComputePool(2) as pool:
        await pool.call("northstar.graders.math_compare:same_answer", "1/2", "0.5", timeout=10)   # True
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from northstar.errors import NorthstarError
from northstar.graders.grader import ComputeError
from northstar.sandbox.launch import unprivileged_user
from northstar.text import storable

START_SECONDS = 120.0
"""A new process imports sympy before its first call; from a busy network disk that takes long."""

CALLS_A_PROCESS = 20_000
"""Then it is replaced: the libraries' caches grow, and what they hold must not count against a later answer."""

LINE_LIMIT = 64 * 2**20
"""Bytes of an answer, which is at most a generation's text."""

OWN_WORKER = (sys.executable, "-P", "-m", "northstar.engine.compute_worker")  # -P: nothing of the current folder


def worker_elsewhere(python: Path, file: Path, *, closed: bool = True) -> tuple[str, ...]:
    """The command of a worker for the functions of `file`, by an interpreter that has other packages than this one.

    closed: whether it gives up files, network and other processes once it is ready; root becomes somebody else.
    """
    user = unprivileged_user(0) if closed else None
    walls = "open" if not closed else "closed" if user is None else f"closed:{user}"
    return (str(python), "-I", str(Path(__file__).with_name("compute_worker.py")), str(file), walls)


_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
_PASSED_ON_PREFIXES = ("PYTHON", "LC_", "LD_", "DYLD_")


class ComputePool:
    """At most `workers` calls at once, each in a process of its own; further calls wait for their turn, in order.

    Implements graders.grader.Compute. Leaving the `async with` kills all processes and waits until they are gone.
    """

    def __init__(self, workers: int, command: Sequence[str] = OWN_WORKER) -> None:
        """command: what a process is started with; the id of this one is added."""
        self._command = (*command, str(os.getpid()))
        # The last used process comes first: so long as calls come one by one, one process does.
        self._places: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._places.put_nowait(None)  # None: a place whose process isn't started
        self._alive: set[_Worker] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> ComputePool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for worker in list(self._alive):
            self._end(worker)
        while self._ending:
            await asyncio.wait(self._ending)

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        """The value of `module:function(*arguments)`; arguments and value are plain JSON.

        `timeout` seconds count from when a ready process begins. Cancelling kills the process. Raises ComputeError:
        'timed out after 10 s', 'its process died', …; and NorthstarError when processes don't start at all.
        """
        worker = await self._places.get()
        try:
            if worker is not None and worker.is_spent():
                self._end(worker)
                worker = None
            if self._closed:
                raise ComputeError("the pool is closed")
            worker = worker or await self._start()
            await self._make_ready(worker, function)
            try:
                async with asyncio.timeout(timeout):
                    answer = await worker.ask(function, arguments)
            except TimeoutError:
                raise _Fatal(f"timed out after {timeout:g} s") from None
            except RecursionError:  # as JSON; nothing was sent, or all was received
                raise ComputeError("is nested too deeply") from None
            except (OSError, EOFError, ValueError):
                raise _Fatal("its process died") from None
            if "error" in answer:
                raise (_Fatal if answer.get("fresh") else ComputeError)(storable(answer["error"]))
            return answer["value"]
        except ComputeError as error:
            if isinstance(error, _Fatal) and worker is not None:
                self._end(worker)
                worker = None
            raise
        except BaseException:  # cancelled in the middle: the process is still busy with the call
            if worker is not None:
                self._end(worker)
                worker = None
            raise
        finally:
            self._places.put_nowait(worker)

    async def _start(self) -> _Worker:
        worker = _Worker(await _launch(self._command))
        self._alive.add(worker)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker.hear()
        except (TimeoutError, OSError, EOFError, ValueError):
            why = await worker.last_words()
            self._end(worker)
            raise NorthstarError(f"A process to compare answers in did not start: {why}") from None
        except BaseException:
            self._end(worker)
            raise
        return worker

    async def _make_ready(self, worker: _Worker, function: str) -> None:
        """Import what the function needs, outside its time limit."""
        if function in worker.ready:
            return
        try:
            async with asyncio.timeout(START_SECONDS):
                answer = await worker.ask(function, None)
        except TimeoutError:
            raise NorthstarError(f"Importing {function} took more than {START_SECONDS:g} s.") from None
        except (OSError, EOFError, ValueError):
            raise _Fatal("its process died") from None
        if "error" in answer:
            raise NorthstarError(f"{function} cannot be used: {answer['error']}")
        worker.ready.add(function)

    def _end(self, worker: _Worker) -> None:
        """Kill it now; that it is gone is awaited when the pool is left, not by the call."""
        self._alive.discard(worker)
        task = asyncio.ensure_future(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        worker.kill()


class _Fatal(ComputeError):
    """The call failed and its process is of no more use."""


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._requests, self._answers, self._errors = process.stdin, process.stdout, process.stderr
        self._calls = 0
        self.ready: set[str] = set()

    def is_spent(self) -> bool:
        return self._process.returncode is not None or self._calls >= CALLS_A_PROCESS

    async def ask(self, function: str, arguments: tuple[Any, ...] | None) -> dict[str, Any]:
        """Send one request and read its answer; without arguments the function is only made ready."""
        self._calls += 1
        # The standard json, since it passes on lone surrogates, as escapes, and msgspec does not.
        self._requests.write(json.dumps((function, arguments)).encode() + b"\n")
        await self._requests.drain()
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        line = await self._answers.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def last_words(self) -> str:
        """The line of its stderr that names an error, or the last; it has one until it is ready."""
        self.kill()
        lines = (await self._errors.read()).decode(errors="replace").strip().split("\n")
        return next((line for line in lines if "Error" in line), lines[-1]).strip() or "it gave no reason."

    def kill(self) -> None:
        """Kill the process and all that it started."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._requests.close()

    async def end(self) -> None:
        """Wait until it is gone, and its pipes with it."""
        await self._process.wait()
        with suppress(OSError):  # what was still to be written to it
            await self._requests.wait_closed()


async def _launch(command: Sequence[str]) -> Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the parent
        limit=LINE_LIMIT,
    )


def _environment() -> dict[str, str]:
    """What Python needs to start; no API keys, since the process works on what a model wrote."""
    return {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
