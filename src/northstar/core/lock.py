"""File locks, one writer per shard: advisory, freed by the kernel when the process ends for any reason."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import sleep

from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError
from northstar.core.open_files import why
from northstar.core.regular import check_regular

SILENT_SECONDS = 5.0
"""How long `locked` waits before it says what it waits for."""
_LONGEST_PAUSE = 0.05


class Held(NorthstarError):
    """Another process, or this one, already holds the lock."""


class Locks:
    """The locks of one run, held until `stack` closes; taking a lock again does nothing."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._held: set[Path] = set()

    def take(self, path: Path, what: str) -> None:
        """Take the lock file `path` unless this run holds it; see `locked` for the arguments and errors."""
        if path not in self._held:
            self._stack.enter_context(locked(path, what))
            self._held.add(path)


@contextmanager
def locked(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` for the block; create it if missing, leave it in place afterwards.

    The file is opened close-on-exec, so child processes don't inherit the lock.

    Args:
        path: The lock file.
        what: What the lock protects, for messages.
        wait: Wait for another holder instead of raising Held.

    Raises:
        Held: Another process holds the lock.
        NorthstarError: `path` cannot be opened or locked.
    """
    check_regular(path)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise NorthstarError(f"cannot write to {path.parent}: {why(error)}.") from None
    try:
        _take(file, path, what, wait=wait)
        with suppress(OSError):  # naming the holder is optional; a full disk is reported where it matters
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def check_unlocked(path: Path, what: str) -> None:
    """Raise Held if another process holds the lock file `path`; several may look at the same time. Creates nothing."""
    check_regular(path)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {why(error)}.") from None
    try:
        _take(file, path, what, wait=False, how=fcntl.LOCK_SH)
    finally:
        os.close(file)


def _take(file: int, path: Path, what: str, *, wait: bool, how: int = fcntl.LOCK_EX) -> None:
    began, reported, pause = monotonic(), False, 0.001
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another process"
        except OSError as error:  # a file system without locks
            raise NorthstarError(f"cannot lock {path}: {error.strerror}.") from None
        if not wait:
            raise Held(f"{what} is being written by {holder}; wait until it has ended, or choose another --output_dir.")
        if not reported and monotonic() - began > SILENT_SECONDS:
            reported = True
            print(f"waiting for {what}, which {holder} is writing", file=sys.stderr, flush=True)
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
