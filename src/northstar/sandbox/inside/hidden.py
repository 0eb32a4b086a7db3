"""Measures memory and disk space that a process holds without its resident memory or its folder showing it.

Most ways to do so are closed (seccomp.py); the others show in its descriptors and mappings. If those cannot be read
(the process has just ended, or is protected), nothing is counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from northstar.sandbox.inside.walls import names_at, read_at

_DELETED = " (deleted)"
_SHARED_MEMORY = "/dev/zero" + _DELETED


@dataclass(frozen=True)
class Mapping:
    """A mapping of a file, or of shared memory, that has no name any more."""

    length: int
    inode: int
    path: str


def unseen_memory(proc: int, process: int, shared: int) -> int:
    """Return the bytes of shared memory that a process holds without using it, and of its swapped memory.

    `shared`: bytes of shared memory that it does use.
    """
    mapped = sum(each.length for each in _mappings(proc, process) if each.path == _SHARED_MEMORY)
    swapped = 0
    with suppress(OSError, ValueError, IndexError):
        swapped = int(read_at(proc, f"{process}/status").split(b"VmSwap:")[1].split()[0]) * 1024
    return max(0, mapped - shared) + swapped


def sockets(proc: int, process: int) -> int:
    """Return how many sockets a process has open."""
    return sum(target.startswith("socket:") for _, target in _descriptors(proc, process))


def deleted_bytes(proc: int, process: int, folder: str, largest: int) -> int:
    """Return the disk space of deleted files of a folder that a process still holds.

    `largest`: the size to assume for a file that is only mapped, whose size cannot be seen.
    """
    sizes: dict[int, int] = {}
    for descriptor, target in _descriptors(proc, process):
        if target.startswith(folder) and target.endswith(_DELETED):
            with suppress(OSError):
                file = os.stat(descriptor, dir_fd=proc)
                sizes[file.st_ino] = file.st_blocks * 512
    for each in _mappings(proc, process):
        if each.path.startswith(folder):
            sizes.setdefault(each.inode, largest)
    return sum(sizes.values())


def _mappings(proc: int, process: int) -> list[Mapping]:
    found = []
    with suppress(OSError):
        maps = read_at(proc, f"{process}/maps")
        for line in maps.decode("utf-8", "surrogateescape").splitlines() if _DELETED.encode() in maps else ():
            if line.endswith(_DELETED):
                addresses, _, _, _, inode, path = line.split(None, 5)
                first, _, last = addresses.partition("-")
                found.append(Mapping(int(last, 16) - int(first, 16), int(inode), path))
    return found


def _descriptors(proc: int, process: int) -> Iterator[tuple[str, str]]:
    """Yield each descriptor as a path below /proc, with its target."""
    with suppress(OSError):
        for name in names_at(proc, f"{process}/fd"):
            with suppress(OSError):
                path = f"{process}/fd/{name}"
                yield path, os.readlink(path, dir_fd=proc)
