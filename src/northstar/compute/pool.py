"""Runs pure functions in other processes, which are killed and replaced when they take too long.

A process that is lost says nothing of what it worked on: the call is made again, in a fresh one.

Processes of their own, no forks: this one holds locks and sockets that a child must not inherit. They are started when
they are first needed, so that a run whose answers are plain numbers starts none.

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
"""A new process imports sympy before its first call; from a busy network disk that takes long."""

CALLS_A_PROCESS = 20_000
"""Then it is replaced: the libraries' caches grow, and what they hold must not count against a later answer."""

PAUSES = (0.2, 1.0)
"""Seconds before a call that failed in passing is made again: as often as there are pauses."""

OWN_WORKER = (sys.executable, "-P", "-m", "northstar.compute.worker")  # -P: nothing of the current folder


def worker_elsewhere(python: Path, file: Path, *, closed: bool = True) -> tuple[str, ...]:
    """The command of a worker for the functions of `file`, by an interpreter that has other packages than this one.

    closed: whether it gives up files, network and other processes once it is ready; root becomes somebody else.
    """
    user = unprivileged_user(0) if closed else None
    walls = "open" if not closed else "closed" if user is None else f"closed:{user}"
    return (str(python), "-I", str(Path(__file__).with_name("worker.py")), str(file), walls)


_NO_ROOM = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
_PASSED_ON_PREFIXES = ("PYTHON", "LC_", "LD_", "DYLD_")


class ComputePool:
    """At most `workers` calls at once, each in a process of its own; further calls wait for their turn, in order.

    What fails in passing (a process is killed, or the machine has no room for one) is tried again in a fresh one.
    Implements graders.grader.Compute. Leaving the `async with` kills all processes and waits until they are gone.
    """

    def __init__(
        self,
        workers: int,
        command: Sequence[str] = OWN_WORKER,
        *,
        lost: type[ComputeError | ComputeLost] = ComputeLost,
    ) -> None:
        """command: what a process is started with; the id of this one is added. lost: raised where no try went well."""
        self._command = (*command, str(os.getpid()))
        self._lost = lost
        # The last used process comes first: so long as calls come one by one, one process does.
        self._places: asyncio.LifoQueue[WorkerProcess | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._places.put_nowait(None)  # None: a place whose process isn't started
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
        """The value of `module:function(*arguments)`; arguments and value are plain JSON.

        `timeout` seconds count from when a ready process begins. Cancelling kills the process. Raises ComputeError:
        'timed out after 10 s', …; `lost` where the process was lost at each try; and NorthstarError when processes
        don't start at all.
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
        """Start a process before there is a call, to see that one can be. Raises NorthstarError."""
        try:
            await self._in_a_process(_nothing)
        except Passing:  # the first call tries again
            return

    async def _in_a_process(self, use: Callable[[WorkerProcess], Awaitable[Any]]) -> Any:
        """What `use` gives, once there is a place. Raises Passing, ComputeError, NorthstarError."""
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
        except BaseException:  # it died, or this was cancelled in the middle: the process is still busy with the call
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
        except RecursionError:  # as JSON; nothing was sent, or all was received
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
        except (OSError, RuntimeError) as error:  # asyncio waits for a process in a thread, which may not start either
            if isinstance(error, OSError) and error.errno not in _NO_ROOM:
                raise NorthstarError(f"A process to compare answers in did not start: {error}.") from None
            raise Passing(f"no process could be started ({error})") from None
        self._alive.add(worker)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker.hear()
        except TimeoutError:
            why = await worker.last_words()
            self._end(worker)
            within = f"within {START_SECONDS:g} s"
            raise NorthstarError(f"A process to compare answers in did not start {within}: {why}") from None
        except (OSError, EOFError, ValueError):
            loss = await worker.loss()
            why = await worker.last_words()
            self._end(worker)
            if not loss.own:
                raise loss from None
            raise NorthstarError(f"A process to compare answers in did not start: {why}") from None
        except BaseException:
            self._end(worker)
            raise
        return worker

    async def _make_ready(self, worker: WorkerProcess, function: str) -> None:
        """Import what the function needs, outside its time limit."""
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
        """Kill it now; that it is gone is awaited when the pool is left, not by the call."""
        self._alive.discard(worker)
        task = asyncio.ensure_future(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        worker.kill()


async def _nothing(_worker: WorkerProcess) -> None:
    """A use of a process that has only to be there."""


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
