"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular

ABANDONED_SECONDS = 7 * 86400.0
"""So old a temporary file is nobody's any more, whatever its lock says: another host's may not be seen here."""

_TEMPORARY = re.compile(r"\..+\.(?:(?P<host>[0-9a-f]{8})-[0-9]+-)?[0-9a-f]{8}\.tmp")  # before: without the host


@contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Write `path` under a passing name; at the end it is on disk and renamed. On any failure it never was there.

    durable: else a machine that loses power may lose it, and nobody waits for the disk. Raises NorthstarError.
    """
    check_regular(path)
    with cannot_write(path):
        file, temporary = _begin(path)
        try:
            with file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                temporary.replace(path)  # while it is locked: see remove_abandoned
        finally:
            with suppress(OSError):  # it was renamed
                temporary.unlink()


@contextmanager
def cannot_write(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into a NorthstarError that names `path`."""
    try:
        yield
    except OSError as error:
        raise NorthstarError(f"cannot write {path}: {error.strerror or error}.") from None


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of writers that were killed. Those of writers at work are locked.

    A lock may be seen by its own host alone, as on some mounts of network disks: of another host, only what is old is
    removed. What can't be, since it is another user's or the disk knows no locks, stays: it only takes room.
    """
    with suppress(OSError):
        for path in list(folder.iterdir()):
            found = _TEMPORARY.fullmatch(path.name)
            if found and path.is_file() and (found["host"] == _host() or _is_old(path)):
                with suppress(OSError), path.open("r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS


def _begin(path: Path) -> tuple[BinaryIO, Path]:
    """A locked new file beside `path`, and its name."""
    while True:
        writer = f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"  # other hosts may write there too
        temporary = path.with_name(f".{path.name}.{writer}.tmp")
        file = temporary.open("xb")
        try:
            _lock(file)
            if os.fstat(file.fileno()).st_nlink:  # else it was taken for abandoned before it was locked
                return file, temporary
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()


def _lock(file: BinaryIO) -> None:
    """Against `remove_abandoned`; a disk that knows no locks has nobody who removes."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK):
            raise
