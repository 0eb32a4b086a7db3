"""Runs pure functions in other processes, which are killed and replaced when they take too long.

A process that dies proves nothing about its call, so the call is repeated in a fresh process.

Processes are spawned, not forked, because this process holds locks and sockets that a child must not inherit. They
start when first needed: a run whose answers are plain numbers starts none.

    async with ComputePool(2) as pool:
        await pool.call("northstar.graders.math.compare:same_answer", "1/2", "0.5", timeout=10)   # True
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from northstar.compute.process import LINE_LIMIT, Fatal, Passing, WorkerProcess
from northstar.core.errors import NorthstarError
from northstar.core.text import storable
from northstar.sandbox.launch import unprivileged_user
from northstar.task.grader import ComputeError, ComputeLost

START_SECONDS = 120.0
"""A new process imports sympy before its first call, which is slow from a busy network disk."""

CALLS_A_PROCESS = 20_000
"""After this many calls a process is replaced: its libraries' caches must not count against a later answer."""

PAUSES = (0.2, 1.0)
"""Seconds to wait before each retry of a call whose process died or could not start."""

OWN_WORKER = (sys.executable, "-P", "-m", "northstar.compute.worker")  # -P: import nothing from the current folder


def worker_elsewhere(python: Path, file: Path, *, closed: bool = True) -> tuple[str, ...]:
    """Return the command of a worker that runs the functions of `file` with another interpreter.

    Args:
        python: The interpreter, of an environment with the packages that `file` needs.
        file: The functions; it must not import Northstar.
        closed: Give up files, network and other processes once ready, and root's identity.
    """
    user = unprivileged_user(0) if closed else None
    walls = "open" if not closed else "closed" if user is None else f"closed:{user}"
    return (str(python), "-I", str(Path(__file__).with_name("worker.py")), str(file), walls)


_NOT_STARTED = "A process to compare answers in did not start"
_NO_ROOM = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
_PASSED_ON_PREFIXES = ("PYTHON", "LC_", "LD_", "DYLD_")


class ComputePool:
    """Runs at most `workers` calls at once, each in its own process; further calls wait in order.

    A call whose process is killed or cannot be started is retried in a fresh one. Implements task.grader.Compute.
    Leaving the `async with` kills all processes and waits for them.
    """

    def __init__(
        self,
        workers: int,
        command: Sequence[str] = OWN_WORKER,
        *,
        lost: type[ComputeError | ComputeLost] = ComputeLost,
    ) -> None:
        """Set up the pool; processes start later.

        Args:
            workers: The most calls at once.
            command: Starts a process; this process's id is appended.
            lost: The exception to raise when every try lost its process.
        """
        self._command = (*command, str(os.getpid()))
        self._lost = lost
        # Reuse the last used process first: sequential calls then need only one.
        self._places: asyncio.LifoQueue[WorkerProcess | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._places.put_nowait(None)  # None: a place without a process yet
        self._alive: set[WorkerProcess] = set()
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
        """Return the value of `module:function(*arguments)`; arguments and value are plain JSON.

        Cancelling kills the process.

        Args:
            function: Where to find it, as "module:function".
            arguments: Its arguments.
            timeout: Seconds, from when a ready process begins.

        Raises:
            ComputeError: The function failed or took too long ('timed out after 10 s').
            ComputeLost: Every try lost its process; or the pool's `lost`.
            NorthstarError: Processes don't start at all.
        """
        for pause in (*PAUSES, None):
            try:
                return await self._in_a_process(lambda worker: self._call(worker, function, arguments, timeout))
            except Passing as failure:
                if pause is None:
                    raise (ComputeError if failure.own else self._lost)(str(failure)) from None
                await asyncio.sleep(pause)
        raise AssertionError

    async def start(self) -> None:
        """Start a process before the first call, to find out that one starts. Raises NorthstarError."""
        try:
            await self._in_a_process(_nothing)
        except Passing:  # the first call tries again
            return

    async def _in_a_process(self, use: Callable[[WorkerProcess], Awaitable[Any]]) -> Any:
        """Wait for a place and apply `use` to its process. Raises Passing, ComputeError, NorthstarError."""
        worker = await self._places.get()
        try:
            if worker is not None and (worker.has_ended or worker.calls >= CALLS_A_PROCESS):
                self._end(worker)
                worker = None
            if self._closed:
                raise ComputeError("the pool is closed")
            worker = worker or await self._start()
            return await use(worker)
        except ComputeError as error:
            if isinstance(error, Fatal) and worker is not None:
                self._end(worker)
                worker = None
            raise
        except BaseException:  # the process died, or this was cancelled and the process is still busy with the call
            if worker is not None:
                self._end(worker)
                worker = None
            raise
        finally:
            self._places.put_nowait(worker)

    async def _call(self, worker: WorkerProcess, function: str, arguments: tuple[Any, ...], timeout: float) -> Any:
        await self._make_ready(worker, function)
        try:
            answer = await worker.ask_within(timeout, function, arguments)
        except TimeoutError:
            raise Fatal(f"timed out after {timeout:g} s") from None
        except RecursionError:  # from JSON: either nothing was sent, or everything was received
            raise ComputeError("is nested too deeply") from None
        except (OSError, EOFError, ValueError):
            raise await worker.loss() from None
        if answer.get("again"):
            raise Passing(storable(answer["error"]), own=True)
        if "error" in answer:
            raise (Fatal if answer.get("fresh") else ComputeError)(storable(answer["error"]))
        return answer["value"]

    async def _start(self) -> WorkerProcess:
        try:
            worker = WorkerProcess(await _launch(self._command))
        except (OSError, RuntimeError) as error:  # RuntimeError: asyncio could not start the thread that waits for it
            if isinstance(error, OSError) and error.errno not in _NO_ROOM:
                raise NorthstarError(f"{_NOT_STARTED}: {error}.") from None
            raise Passing(f"no process could be started ({error})") from None
        self._alive.add(worker)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker.hear()
        except TimeoutError:
            why = await worker.last_error_line()
            self._end(worker)
            within = f"within {START_SECONDS:g} s"
            raise NorthstarError(f"{_NOT_STARTED} {within}: {why}") from None
        except (OSError, EOFError, ValueError):
            loss = await worker.loss()
            why = await worker.last_error_line()
            self._end(worker)
            if not loss.own:
                raise loss from None
            raise NorthstarError(f"{_NOT_STARTED}: {why}") from None
        except BaseException:
            self._end(worker)
            raise
        return worker

    async def _make_ready(self, worker: WorkerProcess, function: str) -> None:
        """Import the function's module, outside the call's time limit."""
        if function in worker.ready:
            return
        try:
            async with asyncio.timeout(START_SECONDS):
                answer = await worker.ask(function, None)
        except TimeoutError:
            raise NorthstarError(f"Importing {function} took more than {START_SECONDS:g} s.") from None
        except (OSError, EOFError, ValueError):
            raise await worker.loss() from None
        if answer.get("again"):
            raise Passing(storable(answer["error"]), own=True)
        if "error" in answer:
            raise NorthstarError(f"{function} cannot be used: {answer['error']}")
        worker.ready.add(function)

    def _end(self, worker: WorkerProcess) -> None:
        """Kill the process now; leaving the pool waits until it is gone, the call does not."""
        self._alive.discard(worker)
        task = asyncio.ensure_future(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        worker.kill()


async def _nothing(_worker: WorkerProcess) -> None:
    """Use a process without calling anything."""


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
    """Return what Python needs to start, and no API keys: the process works on text that a model wrote."""
    return {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
