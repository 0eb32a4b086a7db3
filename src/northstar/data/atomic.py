"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from northstar.data.regular import check_regular
from northstar.errors import NorthstarError

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write `path` under a passing name; at the end it is on disk and renamed. On any failure it never was there.

    Raises NorthstarError.
    """
    check_regular(path)
    with cannot_write(path):
        file, temporary = _begin(path)
        try:
            with file:
                yield file
                file.flush()
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
    """Remove the temporary files of writers that were killed. Those of writers at work are locked, on any host.

    One that can't be removed, since it is another user's or the disk knows no locks, stays: it only takes room.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            with suppress(OSError), path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _begin(path: Path) -> tuple[BinaryIO, Path]:
    """A locked new file beside `path`, and its name."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # other hosts may write there too
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
