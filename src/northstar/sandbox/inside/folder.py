"""Measures and removes a program's folder where no mount limits it, however deep and odd its content.

Nothing here follows a link, uses a long path or recurses: one folder is open at a time, and going up is only trusted if
it arrives where it came from.
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
"""Files and folders that a program may have; few enough to count and remove quickly."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_AT_ONCE = 2 * MOST_FILES
"""Names to read from a folder at a time."""
_TRIES = 5
"""Attempts at removal, since a dying process may still move things around."""

Sight = tuple[int, "os.DirEntry[str]", bool]
"""An open folder, an entry of it, and whether that is a folder whose content has been visited."""


def contents(folder: str) -> tuple[int, int]:
    """Return the bytes on disk and the number of entries in a folder, up to just beyond MOST_FILES entries.

    What cannot be read is not counted; folders without read permission are made readable first.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        if next(entries, None) is None:  # the usual case
            return 0, 0
    total = found = 0
    with suppress(OSError):  # the program is still running; whatever it moves is counted next time
        for _, entry, is_visited in _walk(folder, writable=False):
            if is_visited:
                continue
            found += 1
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
            if found > MOST_FILES:
                break
    return total, found


def remove(folder: str, seconds: float = float("inf")) -> bool:
    """Remove a folder with all its content within `seconds`; return whether it is gone."""
    until = time.monotonic() + seconds
    for _ in range(_TRIES):
        with suppress(OSError):  # the next try finds what was moved or created
            for place, entry, is_visited in _walk(folder, writable=True):
                if time.monotonic() > until:
                    return False
                if is_visited:
                    os.rmdir(entry.name, dir_fd=place)
                elif not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.name, dir_fd=place)
            os.rmdir(folder)  # noqa: PTH106
    return not os.path.lexists(folder)


def _walk(folder: str, *, writable: bool) -> Iterator[Sight]:
    """Yield everything in a folder; subfolders both before and after their content.

    Raises OSError if a folder cannot be read, or was moved meanwhile.
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
    """A folder on the way down: its `entry` in the parent, and the `entries` still to visit."""

    def __init__(self, place: int, entry: os.DirEntry[str] | None) -> None:
        self.identity = _identity(place)
        self.entry = entry
        self.read(place)

    def read(self, place: int) -> None:
        """Read the next entries; `has_more` if there may be more than were read."""
        with os.scandir(place) as found:
            self.entries = list(islice(found, _AT_ONCE))
        self.has_more = len(self.entries) == _AT_ONCE


def _replaced(old: int, new: int) -> int:
    os.close(old)
    return new


def _identity(place: int) -> tuple[int, int]:
    status = os.fstat(place)
    return status.st_dev, status.st_ino


def _enter(place: int, name: str, writable: bool) -> int:
    """Open a folder within an open one, even if the program removed its permissions. Raises OSError."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=place)
    except PermissionError:
        # A path could have become a link, and chmod would change its target; this is the folder itself.
        itself = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
        try:
            os.chmod(f"/proc/self/fd/{itself}", 0o700)  # noqa: PTH101
        finally:
            os.close(itself)
        folder = os.open(name, _FOLDER, dir_fd=place)
    if writable and os.fstat(folder).st_mode & stat.S_IRWXU != stat.S_IRWXU:
        os.fchmod(folder, stat.S_IRWXU)
    return folder
