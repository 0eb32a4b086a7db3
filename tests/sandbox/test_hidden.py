"""What a process holds without showing it: tried on this process."""

from __future__ import annotations

import mmap
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from northstar.sandbox.inside import hidden

MIB = 1 << 20


@pytest.fixture
def proc() -> Iterator[int]:
    descriptor = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_shared_memory_that_is_not_looked_at_is_seen(proc: int) -> None:
    before = hidden.unseen_memory(proc, os.getpid(), shared=0)
    with mmap.mmap(-1, 8 * MIB) as part:
        part[:] = bytes(8 * MIB)
        part.madvise(mmap.MADV_DONTNEED)
        assert hidden.unseen_memory(proc, os.getpid(), shared=0) - before == 8 * MIB
        assert hidden.unseen_memory(proc, os.getpid(), shared=1 << 40) <= before


def test_private_memory_is_seen_elsewhere(proc: int) -> None:
    before = hidden.unseen_memory(proc, os.getpid(), shared=0)
    with mmap.mmap(-1, 8 * MIB, mmap.MAP_PRIVATE):
        assert hidden.unseen_memory(proc, os.getpid(), shared=0) == before


def test_sockets_are_counted(proc: int) -> None:
    before = hidden.sockets(proc, os.getpid())
    pair = socket.socketpair()
    assert hidden.sockets(proc, os.getpid()) == before + 2
    for end in pair:
        end.close()


def test_a_deleted_file_counts_as_long_as_it_is_open_once(proc: int, tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb", buffering=0) as file, (tmp_path / "f").open("rb") as again:
        file.write(bytes(MIB))
        assert hidden.deleted_bytes(proc, os.getpid(), str(tmp_path), 99) == 0
        (tmp_path / "f").unlink()
        assert MIB <= hidden.deleted_bytes(proc, os.getpid(), str(tmp_path), 99) < 2 * MIB, again
        assert hidden.deleted_bytes(proc, os.getpid(), str(tmp_path / "elsewhere"), 99) == 0
    assert hidden.deleted_bytes(proc, os.getpid(), str(tmp_path), 99) == 0


def test_nothing_is_known_of_a_process_that_has_ended(proc: int) -> None:
    ended = os.fork() or os._exit(0)
    os.waitpid(ended, 0)
    assert (hidden.unseen_memory(proc, ended, 0), hidden.sockets(proc, ended)) == (0, 0)
    assert hidden.deleted_bytes(proc, ended, "/", 1) == 0
