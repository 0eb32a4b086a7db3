"""One hosted server's processes: started behind a guardian, logged to a file, gone when the worker is."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from northstar.core.credentials import SECRET_ASSIGNMENT, SECRET_VARIABLE
from northstar.servers.hosting import guardian, step


@dataclass(frozen=True, kw_only=True)
class Start:
    """What is started: a command line, and what is added to the environment for it.

    without: what is left out of the environment, beside secrets; passed: those of the secrets that are not.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Collection[str] = ()
    passed: Collection[str] = ()


class Process(Protocol):
    """A command that runs, wherever that is. ended: how it ended, in words; None while it runs."""

    @property
    def ended(self) -> str | None: ...

    async def end(self, *, now: bool = False) -> None:
        """End all of it, and wait until it is gone. now: kill, don't ask first."""


class HostedProcess:
    """A started command with everything that it starts in turn."""

    def __init__(self, start: Start, log: Path, *, grace: float) -> None:
        """log: what the processes print is added to it. grace: seconds between asking them to end and killing them.

        Raises OSError when the log can't be written.
        """
        given = step.given(os.environ, start.without, start.passed, SECRET_VARIABLE, SECRET_ASSIGNMENT)
        with log.open("ab") as stream:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", guardian.__file__, str(grace), *start.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env={**given, **start.environment},
                start_new_session=True,
            )

    @property
    def ended(self) -> str | None:
        """How it ended, in words: 'ended with status 1'; None while it runs."""
        status = self._guardian.poll()
        if status is None:
            return None
        if status < 0:
            self._kill_what_the_guardian_left()
            return f"lost its guardian to {_signal_name(-status)}"
        return ended_by(status)

    async def end(self, *, now: bool = False) -> None:
        """End all of it, and wait until it is gone. now: kill, don't ask first."""
        pipe = self._guardian.stdin
        assert pipe is not None
        with suppress(BrokenPipeError):
            if now and not pipe.closed:
                pipe.write(b"!")
            pipe.close()
        try:
            while self._guardian.poll() is None:
                await asyncio.sleep(0.01)
        finally:  # cancelled once more: the guardian ends it all the same
            if self.ended is not None and self._guardian.stdout is not None:
                self._guardian.stdout.close()

    def _kill_what_the_guardian_left(self) -> None:
        """The server itself has died with its guardian; its group may hold others."""
        stream = self._guardian.stdout
        if stream is not None and not stream.closed:
            line = stream.readline()  # there, or never to come
            stream.close()
            with suppress(ValueError, ProcessLookupError, PermissionError):
                if (leader := int(line)) > 1:  # 0 is this process's own group
                    os.killpg(leader, signal.SIGKILL)


def ended_by(status: int) -> str:
    """A guardian's exit status in words."""
    return f"was ended by {_signal_name(status - 128)}" if status > 128 else f"ended with status {status}"


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
