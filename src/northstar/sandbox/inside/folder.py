"""A program's folder where no mount bounds it: how much is in there, and its removal, however deep and odd it is.

Nothing here follows a link, names a long path or calls itself: one folder is open at a time, and the way up from it is
taken only where it leads back.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

MOST_FILES = 10_000
"""Files and folders that a program may have, so that they are soon counted and soon removed."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_AT_ONCE = 2 * MOST_FILES
"""Names that are read of one folder before they are gone through."""
_TRIES = 5
"""To remove what a process that is about to end still moves about."""

Sight = tuple[int, "os.DirEntry[str]", bool]
"""An open folder, what was seen in it, and whether that is a folder all of whose own contents were seen before."""


def contents(folder: str) -> tuple[int, int]:
    """Bytes on disk of what is in a folder, as far as it can be seen, and how many it is, up to just beyond MOST_FILES.

    A folder that only its owner's writing may enter is made readable.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        if next(entries, None) is None:  # as it mostly is
            return 0, 0
    total = found = 0
    with suppress(OSError):  # the program goes on meanwhile; what it moves is counted the next time
        for _, entry, left in _walk(folder, writable=False):
            if left:
                continue
            found += 1
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
            if found > MOST_FILES:
                break
    return total, found


def remove(folder: str, seconds: float = float("inf")) -> bool:
    """Remove a folder with all that is in it; whether it is gone. seconds: how long it may take."""
    until = time.monotonic() + seconds
    for _ in range(_TRIES):
        with suppress(OSError):  # what was moved or is new is met in the next try
            for place, entry, left in _walk(folder, writable=True):
                if time.monotonic() > until:
                    return False
                if left:
                    os.rmdir(entry.name, dir_fd=place)
                elif not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.name, dir_fd=place)
            os.rmdir(folder)  # noqa: PTH106
    return not os.path.lexists(folder)


def _walk(folder: str, *, writable: bool) -> Iterator[Sight]:
    """All that is in a folder; what is a folder itself is seen twice, before what is in it and after.

    Raises OSError where a folder can't be read, or was moved meanwhile.
    """
    place = os.open(folder, _FOLDER)
    try:
        way = [_Level(place, None)]
        while way:
            level = way[-1]
            if level.entries:
                entry = level.entries.pop()
                yield place, entry, False
                if entry.is_dir(follow_symlinks=False):
                    place = _replaced(place, _enter(place, entry.name, writable))
                    way.append(_Level(place, entry))
            elif level.has_more:
                level.read(place)
            else:
                way.pop()
                if way:
                    place = _replaced(place, os.open("..", _FOLDER, dir_fd=place))
                    if _identity(place) != way[-1].identity:
                        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
                    assert level.entry is not None
                    yield place, level.entry, True
    finally:
        os.close(place)


class _Level:
    """A folder on the way down. entry: what it is in the one above. entries: what is still to be seen in it."""

    def __init__(self, place: int, entry: os.DirEntry[str] | None) -> None:
        self.identity = _identity(place)
        self.entry = entry
        self.read(place)

    def read(self, place: int) -> None:
        """has_more: there are more than were read, which are read when these are gone."""
        with os.scandir(place) as found:
            self.entries = list(islice(found, _AT_ONCE))
        self.has_more = len(self.entries) == _AT_ONCE


def _replaced(old: int, new: int) -> int:
    os.close(old)
    return new


def _identity(place: int) -> tuple[int, int]:
    said = os.fstat(place)
    return said.st_dev, said.st_ino


def _enter(place: int, name: str, writable: bool) -> int:
    """Open a folder in an open one, also where the program left it without the rights to. Raises OSError."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=place)
    except PermissionError:
        # A path could be a link by now, whose target would be changed; this is the folder itself.
        itself = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
        try:
            os.chmod(f"/proc/self/fd/{itself}", 0o700)  # noqa: PTH101
        finally:
            os.close(itself)
        folder = os.open(name, _FOLDER, dir_fd=place)
    if writable and os.fstat(folder).st_mode & stat.S_IRWXU != stat.S_IRWXU:
        os.fchmod(folder, stat.S_IRWXU)
    return folder
