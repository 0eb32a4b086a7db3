"""The processes that a program has started, and the memory they hold, as /proc shows it to its supervisor."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from functools import partial

from northstar.sandbox.inside import hidden
from northstar.sandbox.inside.walls import MOST_DESCRIPTORS, Limits, Walls, names_at, read_at

PAGE = os.sysconf("SC_PAGE_SIZE")
LONGEST_KILLING = 10.0
"""Seconds for killing processes that keep forking: their number is limited, so they become fewer each time."""


class Tree:
    """A program's processes; `process` is the first one's number in /proc."""

    def __init__(self, process: int, walls: Walls, limits: Limits) -> None:
        self._process = process
        self._proc = walls.proc
        self._limits = limits
        most_waiting = walls.socket_bytes * MOST_DESCRIPTORS * limits.processes
        # On most machines all of a program's sockets together hold too little to be worth counting.
        self._socket_bytes = walls.socket_bytes if most_waiting > limits.memory_bytes // 4 else 0

    def memory_and_processes(self) -> tuple[int, int]:
        """Return the bytes of memory that all processes use together, and their number."""
        members = self._members()
        sizes = [self._sizes(member) for member in members]
        memory = sum(resident for _, resident, _ in sizes)
        if sum(addresses for addresses, _, _ in sizes) > self._limits.memory_bytes:
            shared = [shared for _, _, shared in sizes]
            memory += sum(map(partial(hidden.unseen_memory, self._proc), members, shared))
        if self._socket_bytes:
            memory += self._socket_bytes * sum(map(partial(hidden.sockets, self._proc), members))
        return memory, len(members)

    def deleted_bytes(self, folder: str) -> int:
        """Return the disk space of files that were deleted from the folder but are still held."""
        largest = self._limits.file_bytes
        return sum(hidden.deleted_bytes(self._proc, member, folder, largest) for member in self._members())

    def peak_memory(self) -> int:
        """Return the peak memory of the program's first process, in bytes."""
        with suppress(OSError, ValueError, IndexError):
            status = read_at(self._proc, f"{self._process}/status")
            return int(status.split(b"VmHWM:")[1].split()[0]) * 1024
        return 0

    def own_memory(self) -> int:
        """Return the bytes that the first process shares with no other; all that it uses, where that is hidden."""
        with suppress(OSError, ValueError, IndexError):
            lines = read_at(self._proc, f"{self._process}/smaps_rollup").splitlines()
            private = [line for line in lines if line.startswith(b"Private_")]
            return 1024 * sum(int(line.split()[1]) for line in private)
        return self._sizes(self._process)[1]

    def kill_orphans(self) -> None:
        """Kill and reap this process's descendants until there are none."""
        until = time.monotonic() + LONGEST_KILLING
        while time.monotonic() < until:
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            members = self._below(self._self())
            if not members:
                return
            for member in members:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            time.sleep(0.001)

    def _members(self) -> list[int]:
        """Return all descendants of this process, which also adopts orphans."""
        return [self._process] if self._limits.processes == 1 else self._below(self._self())

    def _self(self) -> int:
        return int(os.readlink("self", dir_fd=self._proc))

    def _below(self, process: int) -> list[int]:
        found: list[int] = []
        with suppress(OSError):
            for task in names_at(self._proc, f"{process}/task"):
                with suppress(OSError):
                    for child in map(int, read_at(self._proc, f"{process}/task/{task}/children").split()):
                        found += [child, *self._below(child)]
        return found

    def _sizes(self, process: int) -> tuple[int, int, int]:
        """Return the bytes of address space, of resident memory, and of shared or file memory within that."""
        try:
            addresses, resident, shared = map(int, read_at(self._proc, f"{process}/statm").split()[:3])
        except (OSError, ValueError):
            return 0, 0, 0
        return addresses * PAGE, resident * PAGE, shared * PAGE
