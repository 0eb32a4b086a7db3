"""A program's stdin, stdout and stderr, and the names under which it can open them, such as /dev/stdin.

Usually these names lead to descriptors in /proc. For programs without /proc they lead to a file with the input and to
named pipes for the outputs, in a folder that the program cannot change.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

FOLDER = "/dev/fd"
"""The folder of the names. It cannot be listed: libraries would take its entries for all open descriptors."""

_F_ADD_SEALS, _SEAL_ALL = 1033, 0x000F
_NEXT = "next"
_STDIN = "0"


class Streams:
    """Creates a program's streams; `folder`: FOLDER opened outside the walls, None if /proc has the names."""

    def __init__(self, folder: int | None, proc: int) -> None:
        self._folder = folder
        self._proc = proc

    def pipe(self, *places: int) -> tuple[int, int]:
        """Return the two ends of a pipe that the program can also open under these descriptor numbers."""
        if self._folder is None or not places:
            return os.pipe()
        name, *others = map(str, places)
        os.mkfifo(name, 0o600, dir_fd=self._folder)
        for other in others:
            os.link(name, other, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        reading = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
        return reading, os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._folder)

    def stdin(self, content: bytes) -> int:
        """Return a file with the content that the program can reopen, and nobody can change."""
        if self._folder is None:
            return self.unnamed(content)
        # A new file each time: descriptors of the last test that the program still has stay with that test's input.
        file = os.open(_NEXT, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400, dir_fd=self._folder)
        try:
            _write(file, content)
        finally:
            os.close(file)
        os.rename(_NEXT, _STDIN, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        return os.open(_STDIN, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder)

    def unnamed(self, content: bytes) -> int:
        """Return such a file without a name."""
        file = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            _write(file, content)
            fcntl.fcntl(file, _F_ADD_SEALS, _SEAL_ALL)
            # Reopened read-only, as a shell would: older kernels refuse to map a sealed file that is writable.
            return os.open(f"self/fd/{file}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
        finally:
            os.close(file)

    def close(self) -> None:
        """Remove the names, so that the next program finds none of them."""
        for name in (_NEXT, _STDIN, "1", "2"):
            if self._folder is not None:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=self._folder)


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
