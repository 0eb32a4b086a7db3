"""Guards against special files in a file's place: reading a FIFO would block, a device would swallow writes."""

from __future__ import annotations

import stat
from pathlib import Path

from northstar.core.errors import NorthstarError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_regular(path: Path) -> None:
    """Raise NorthstarError if `path` exists and is not a regular file (or a link to one)."""
    try:
        mode = path.stat().st_mode
    except OSError:  # missing, or unreadable: opening it gives the better error
        return
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise NorthstarError(f"{path} is {kind} where a file should be; move it away.")


def read_whole(path: Path) -> bytes:
    """Read a small file. Raises NorthstarError for anything but a regular file, OSError as reading does."""
    check_regular(path)
    return path.read_bytes()


def is_there(path: Path) -> bool:
    """Return whether the file exists. Raises NorthstarError for anything but a regular file."""
    check_regular(path)
    return path.exists()
