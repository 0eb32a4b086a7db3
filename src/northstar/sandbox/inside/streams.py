"""What a program's stdin, stdout and stderr are, and the names under which it can open them: /dev/stdin and its kin.

Elsewhere these names lead to descriptors in /proc. Where a program has none they lead to its input, a file, and to
named pipes for what it writes, in a folder that it can't change.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

FOLDER = "/dev/fd"
"""Where they lie. Nobody can list it: a library that could would take them for all descriptors there are."""

_F_ADD_SEALS, _SEAL_ALL = 1033, 0x000F
_NEXT = "next"
_STDIN = "0"


class Streams:
    """folder: a descriptor of FOLDER from outside of the program's walls; None where /proc has the names."""

    def __init__(self, folder: int | None, proc: int) -> None:
        self._folder = folder
        self._proc = proc

    def pipe(self, *places: int) -> tuple[int, int]:
        """The two ends of a pipe, which the program can also write to as its descriptors of these numbers."""
        if self._folder is None or not places:
            return os.pipe()
        name, *others = map(str, places)
        os.mkfifo(name, 0o600, dir_fd=self._folder)
        for other in others:
            os.link(name, other, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        reading = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
        return reading, os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._folder)

    def stdin(self, content: bytes) -> int:
        """A file that the program can read, as often as it likes, and nobody can change."""
        if self._folder is None:
            return self.unnamed(content)
        # A new file each time: what the program still has open of the last test stays that test's.
        file = os.open(_NEXT, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400, dir_fd=self._folder)
        try:
            _write(file, content)
        finally:
            os.close(file)
        os.rename(_NEXT, _STDIN, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        return os.open(_STDIN, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder)

    def unnamed(self, content: bytes) -> int:
        """The same without a name."""
        file = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            _write(file, content)
            fcntl.fcntl(file, _F_ADD_SEALS, _SEAL_ALL)
            # To read alone, as a shell gives a file: else older kernels let nobody map it.
            return os.open(f"self/fd/{file}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
        finally:
            os.close(file)

    def close(self) -> None:
        """Let go of what has a name, so that the next program finds none of it."""
        for name in (_NEXT, _STDIN, "1", "2"):
            if self._folder is not None:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=self._folder)


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
