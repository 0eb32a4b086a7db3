"""What stands in a file's place without being one: a FIFO would be waited for, a device would take what is written."""

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
    """Raise NorthstarError where `path` is there and is no regular file (or a link to one)."""
    try:
        mode = path.stat().st_mode
    except OSError:  # it is not there, or whoever opens it says what is wrong
        return
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise NorthstarError(f"{path} is {kind} where a file should be; move it away.")


def read_whole(path: Path) -> bytes:
    """A small file's bytes. Raises NorthstarError for what is no regular file, OSError as reading does."""
    check_regular(path)
    return path.read_bytes()


def is_there(path: Path) -> bool:
    """Whether the file is there. Raises NorthstarError for what is no regular file."""
    check_regular(path)
    return path.exists()
