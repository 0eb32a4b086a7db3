"""Writes files atomically: a file appears whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from northstar.core.clock import wall
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular

ABANDONED_SECONDS = 7 * 86400.0
"""Age from which another host's temporary file counts as abandoned, since its lock may be invisible here."""

_TEMPORARY = re.compile(r"\..+\.(?:(?P<host>[0-9a-f]{8})-[0-9]+-)?[0-9a-f]{8}\.tmp")  # older versions wrote no host


@contextmanager
def whole_file(path: Path, *, durable: bool = True, once: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file and rename it to `path` at the end of the block; after a failure, `path` is unchanged.

    Args:
        path: The file to write.
        durable: Sync to disk before the rename. Without it a power cut may lose the file, but nothing waits for it.
        once: Leave a file alone that is at `path` by then; of several nodes that write it at once, the first wins.

    Raises:
        NorthstarError: The file cannot be written, or `path` is something other than a regular file.
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
                # While it is locked, so that remove_abandoned leaves it alone.
                _link(temporary, path) if once else temporary.replace(path)
        finally:
            with suppress(OSError):  # the rename has removed it
                temporary.unlink()


def _link(temporary: Path, path: Path) -> None:
    """Give the file its name unless that is taken; on a disk without hard links the last of several writers wins."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        temporary.replace(path)


@contextmanager
def cannot_write(path: Path) -> Iterator[None]:
    """Turn an OSError raised in the block into a NorthstarError that names `path`."""
    try:
        yield
    except OSError as error:
        raise NorthstarError(f"cannot write {path}: {error.strerror or error}.") from None


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files whose writers were killed; files that are being written are locked and stay.

    Some network disks show a lock only to the host that holds it, so files of other hosts are removed only once they
    are older than ABANDONED_SECONDS. Files that cannot be removed (another user's, a disk without locks) stay.
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
    return wall() - path.stat().st_mtime > ABANDONED_SECONDS


def _begin(path: Path) -> tuple[BinaryIO, Path]:
    """Create and lock a temporary file beside `path`; return it with its name."""
    while True:
        writer = f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"  # several hosts may write to one folder
        temporary = path.with_name(f".{path.name}.{writer}.tmp")
        file = temporary.open("xb")
        try:
            _lock(file)
            if os.fstat(file.fileno()).st_nlink:  # 0: remove_abandoned deleted it before it was locked
                return file, temporary
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()


def _lock(file: BinaryIO) -> None:
    """Protect `file` from `remove_abandoned`; without lock support on the disk, nothing there is ever removed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK):
            raise
