"""One fork server, seen from outside: start it, give it one program at a time, end it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any, cast

from northstar.sandbox.frames import CannotStart, Frames, Lost
from northstar.sandbox.inside.folder import remove
from northstar.sandbox.launch import Interpreter, launch
from northstar.sandbox.program import Limits, Outcome, Passes, Program, Setup, Status

START_SECONDS = 120.0
"""Time for its interpreter to import NumPy and SciPy from a busy network disk."""
GRACE_SECONDS = 20.0
"""What the fork server may take beyond a program's limits, on a busy machine, before it counts as lost."""
_STATUSES = ("ok", "error", "crash", "time limit", "memory limit", "output limit")


class Worker:
    """A running fork server; `about` its Python and modules, `usable` while it can take another program."""

    def __init__(self, process: Process, frames: Frames, scratch: str | None) -> None:
        self._process = process
        self._frames = frames
        self._scratch = scratch
        self.about: dict[str, Any] = {}
        self.usable = True

    @classmethod
    async def start(cls, tier: str, interpreter: Interpreter, setup: Setup, number: int) -> Worker:
        """Start a fork server. Raises CannotStart."""
        opening = asyncio.ensure_future(cls._open(tier, interpreter, setup, number))
        try:
            worker, settings = await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait([opening])
            if opening.exception() is None:
                await opening.result()[0].end()
            raise
        try:
            await worker._begin(settings)
        except BaseException:
            await worker.end()
            raise
        return worker

    @classmethod
    async def _open(
        cls, tier: str, interpreter: Interpreter, setup: Setup, number: int
    ) -> tuple[Worker, dict[str, Any]]:
        """Start the process and return it with the settings that it waits for. Must not be cancelled.

        On cancellation asyncio would kill only bwrap; its child, not ready yet, would wait for it forever and keep
        stderr open, which asyncio in turn waits for.
        """
        mine, its = socket.socketpair()
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        scratch = tempfile.mkdtemp(prefix="northstar-sandbox-") if tier != "bubblewrap" else None
        try:
            plan = launch(tier, interpreter, setup, number=number, scratch=scratch, socket=its.fileno(), proc=proc)
            if scratch is not None and plan.settings["user"] is not None:
                os.chown(scratch, plan.settings["user"], plan.settings["user"])
            process = await asyncio.create_subprocess_exec(
                *plan.argv,
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=PIPE,
                pass_fds=[its.fileno(), proc],
                env=plan.environment,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            mine.close()
            _remove(scratch)
            raise CannotStart(f"{error.filename or 'its process'}: {error.strerror}") from None
        finally:
            its.close()
            os.close(proc)
        return cls(process, await Frames.over(mine), scratch), plan.settings

    async def _begin(self, settings: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._frames.send(settings)
                self.about, _ = await self._frames.receive(0)
        except (Lost, TimeoutError):
            raise CannotStart(await self._last_error_line()) from None

    async def open_session(self) -> Frames:
        """Return the socket of a new interpreter; of a fork server for sessions. Raises Lost."""
        mine, its = socket.socketpair()
        try:
            self._frames.hand_over(its)
        except Lost:
            mine.close()
            raise
        finally:
            its.close()
        return await Frames.over(mine)

    async def run_tests(
        self, program: Program, inputs: Iterator[bytes], limits: Limits, outcomes: list[Outcome], passes: Passes
    ) -> bool:
        """Append the tests' outcomes; return whether the program exited normally while there may be more inputs.

        Raises Lost, CannotStart, and what `inputs` and `passes` raise. After an exception or cancellation this worker
        cannot be used again.
        """
        going_on = False
        longest = limits.wall_seconds + GRACE_SECONDS
        try:
            async with asyncio.timeout(longest) as clock:
                await self._frames.send({"limits": asdict(limits), "call": program.call})
                await self._frames.send({"code": True}, program.code.encode())
                for content in inputs:
                    clock.reschedule(asyncio.get_running_loop().time() + longest)
                    await self._frames.send({"test": len(outcomes)}, content)
                    header, output = await self._frames.receive(limits.output_bytes + (1 << 17))
                    outcomes.append(outcome_of(header, output))
                    clock.reschedule(None)
                    if outcomes[-1].status != "ok" or not await passes(len(outcomes) - 1, outcomes[-1]):
                        break
                    if going_on := header.get("ended") is True:
                        break
        except TimeoutError:
            if not clock.expired():  # raised by `inputs` or `passes`
                raise
            raise Lost("it did not answer in time") from None
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._frames.send({"end": True})
                reply, _ = await self._frames.receive(0)
                self.usable = reply.get("clean") is True
        except (Lost, TimeoutError):
            self.usable = False
        return going_on

    def kill(self) -> None:
        """Kill the server with everything that runs in it."""
        self._frames.close()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Let the server end, kill it if it does not, and wait for it."""
        self._frames.close()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        await self._frames.wait_closed()
        await asyncio.to_thread(_remove, self._scratch)

    async def _last_error_line(self) -> str:
        """Return the last line of the server's stderr, else its exit status."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
        ended = self._process.returncode
        self.kill()
        assert self._process.stderr is not None
        lines = (await self._process.stderr.read(1 << 16)).decode(errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else f"it gave no reason (exit status {ended})"


def _remove(folder: str | None) -> None:
    if folder is not None:
        remove(folder)


def outcome_of(header: dict[str, Any], output: bytes) -> Outcome:
    """Return the outcome that a frame tells. Raises Lost."""
    try:
        if header["status"] not in _STATUSES:
            raise ValueError
        return Outcome(
            status=cast(Status, header["status"]),
            output=output,
            error=str(header["error"])[:1000],
            seconds=float(header["seconds"]),
            cpu_seconds=float(header["cpu_seconds"]),
            memory=int(header["memory"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Lost("it sent something unexpected") from None
