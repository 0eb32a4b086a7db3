"""What a process holds of memory and disk that neither its resident memory nor its folder shows.

Most ways to it are closed (seccomp.py); what is left, its descriptors and mappings tell. Where they can't be read (it
has just ended, or may not be looked into), nothing is known of it.
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
    """Addresses behind which lies a file, or shared memory, that has no name any more."""

    length: int
    inode: int
    path: str


def unseen_memory(proc: int, process: int, shared: int) -> int:
    """Bytes of memory that it shares, with others or with none, and does not look at now, and of what was swapped out.

    shared: bytes that it does look at, whoever else does.
    """
    mapped = sum(each.length for each in _mappings(proc, process) if each.path == _SHARED_MEMORY)
    swapped = 0
    with suppress(OSError, ValueError, IndexError):
        swapped = int(read_at(proc, f"{process}/status").split(b"VmSwap:")[1].split()[0]) * 1024
    return max(0, mapped - shared) + swapped


def sockets(proc: int, process: int) -> int:
    """How many it has open."""
    return sum(target.startswith("socket:") for _, target in _descriptors(proc, process))


def deleted_bytes(proc: int, process: int, folder: str, largest: int) -> int:
    """What files of a folder take on disk that it has deleted and still holds.

    largest: how large one may be that it holds by an address alone, whose size can't be seen.
    """
    held: dict[int, int] = {}
    for descriptor, target in _descriptors(proc, process):
        if target.startswith(folder) and target.endswith(_DELETED):
            with suppress(OSError):
                file = os.stat(descriptor, dir_fd=proc)
                held[file.st_ino] = file.st_blocks * 512
    for each in _mappings(proc, process):
        if each.path.startswith(folder):
            held.setdefault(each.inode, largest)
    return sum(held.values())


def _mappings(proc: int, process: int) -> list[Mapping]:
    found = []
    with suppress(OSError):
        said = read_at(proc, f"{process}/maps")
        for line in said.decode("utf-8", "surrogateescape").splitlines() if _DELETED.encode() in said else ():
            if line.endswith(_DELETED):
                addresses, _, _, _, inode, path = line.split(None, 5)
                first, _, last = addresses.partition("-")
                found.append(Mapping(int(last, 16) - int(first, 16), int(inode), path))
    return found


def _descriptors(proc: int, process: int) -> Iterator[tuple[str, str]]:
    """Each as a path below /proc, and what it leads to."""
    with suppress(OSError):
        for name in names_at(proc, f"{process}/fd"):
            with suppress(OSError):
                path = f"{process}/fd/{name}"
                yield path, os.readlink(path, dir_fd=proc)
