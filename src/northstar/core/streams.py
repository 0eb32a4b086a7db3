"""Standard streams that may be closed, full or stuck: messages may get lost, work must not."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
from typing import IO

from northstar.core.errors import NorthstarError

STUCK_SECONDS = 1.0
"""How long to wait for a stream that accepts nothing before dropping the message."""


class OutputLost(NorthstarError):
    """Standard output cannot be written. A reader that stopped early (`ns … | head`) is not reported as an error."""

    def __init__(self, what: str, why: OSError) -> None:
        super().__init__(f"cannot {what}: {why.strerror}.")
        self.why = why
        self.exit_code = 141 if why.errno == errno.EPIPE else 1


class _Stream(io.RawIOBase):
    """A file descriptor that keeps its first `failure` instead of raising OSErrors without context."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.failure: OSError | None = None

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True


class _StandardOutput(_Stream):
    """Raises OutputLost once, then discards the rest: Python flushes its buffer again at exit."""

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        if self.failure is None:
            try:
                return _written(self._descriptor, memoryview(data), STUCK_SECONDS)
            except OSError as error:
                self.failure = error
                raise OutputLost("write to standard output", error) from None
        return len(data)


class _StandardError(_Stream):
    """Drops what cannot be written, since there is nowhere else to report it.

    A stopped terminal (Ctrl-S), a hanging connection or an idle pager must not delay a run: after one wait of
    STUCK_SECONDS, it does not wait again until the stream accepts something.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._patience = STUCK_SECONDS
        self._place = _never_blocking(descriptor)

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        try:
            written = _written(self._place, memoryview(data), self._patience)
        except OSError as error:
            self.failure = self.failure or error
            self._patience = 0.0
            return len(data)
        self._patience = STUCK_SECONDS
        return written


def _written(descriptor: int, data: memoryview, patience: float) -> int:
    """Write and return the number of bytes. Raises BlockingIOError if nothing fits for `patience` seconds."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        if not select.select([], [descriptor], [], patience)[1]:
            raise
        return os.write(descriptor, data)


def _never_blocking(descriptor: int) -> int:
    """Reopen a terminal or pipe for non-blocking writes, without changing it for others who have it open."""
    try:
        if os.isatty(descriptor):
            return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/dev/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return descriptor  # it may not be reopened: writes may block
    return descriptor


def hold_streams() -> None:
    """Make the standard streams of this process safe to use; call it before opening any file.

    A closed descriptor would be given to the next opened file, such as a journal, and messages would end up in it.
    Characters that the stream's encoding lacks are written as escapes.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 – it stays open
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _text(_StandardOutput(1), sys.stdout, line_buffering=False)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _text(_StandardError(2), sys.stderr, line_buffering=True)


def lost_of_stderr() -> OSError | None:
    """Return why a message on standard error was lost, if one was."""
    raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _StandardError) else None


def _text(raw: _Stream, before: IO[str] | None, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=line_buffering or raw.isatty(),
    )
