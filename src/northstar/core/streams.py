"""Standard streams that are closed, full, gone or stuck: what is said there may be lost, what is done is not."""

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
"""So long a stream that takes nothing is waited for, until what is said is lost."""


class OutputLost(NorthstarError):
    """Standard output can't be written. A reader that wanted no more (`ns … | head`) is no failure to speak of."""

    def __init__(self, what: str, why: OSError) -> None:
        super().__init__(f"cannot {what}: {why.strerror}.")
        self.why = why
        self.exit_code = 141 if why.errno == errno.EPIPE else 1


class _Stream(io.RawIOBase):
    """A file descriptor whose failure never comes as an OSError that nobody can place. failure: the first one."""

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
    """Says once that it can't be written, and swallows the rest: what is buffered is written again at the end."""

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        if self.failure is None:
            try:
                return _written(self._descriptor, memoryview(data), STUCK_SECONDS)
            except OSError as error:
                self.failure = error
                raise OutputLost("write to standard output", error) from None
        return len(data)


class _StandardError(_Stream):
    """What can't be written is lost: there is nowhere else to say it.

    A terminal that was stopped (Ctrl-S), a connection that hangs, or a pager that reads no further holds up no run:
    once one has been waited for, it isn't again until it takes something.
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
    """How much was written. Raises BlockingIOError where for so many seconds nothing could be."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        if not select.select([], [descriptor], [], patience)[1]:
            raise
        return os.write(descriptor, data)


def _never_blocking(descriptor: int) -> int:
    """A terminal or pipe, opened anew so that writing does not wait; others who have it open see nothing of that."""
    try:
        if os.isatty(descriptor):
            return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/dev/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return descriptor  # it may not be opened: then it is waited for
    return descriptor


def hold_streams() -> None:
    """Make a process's standard streams safe to use, before it opens any file.

    A descriptor that is closed is given to the next file that is opened: a journal, into which messages would go.
    Letters that an encoding does not have are written as escapes.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it takes the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 – it stays open
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _text(_StandardOutput(1), sys.stdout, line_buffering=False)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _text(_StandardError(2), sys.stderr, line_buffering=True)


def lost_of_stderr() -> OSError | None:
    """Why something that was to be said on standard error could not be."""
    raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _StandardError) else None


def _text(raw: _Stream, before: IO[str] | None, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=line_buffering or raw.isatty(),
    )
