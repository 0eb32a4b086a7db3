"""The processes that a program has started, and what they hold, as /proc shows it to its supervisor."""

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
"""Seconds: processes that fork while they are killed are fewer each time, since their number is limited."""


class Tree:
    """process: the program's number in /proc."""

    def __init__(self, process: int, walls: Walls, limits: Limits) -> None:
        self._process = process
        self._proc = walls.proc
        self._limits = limits
        most_waiting = walls.socket_bytes * MOST_DESCRIPTORS * limits.processes
        # On most machines what all sockets together hold is too little to look for.
        self._socket_bytes = walls.socket_bytes if most_waiting > limits.memory_bytes // 4 else 0

    def memory_and_processes(self) -> tuple[int, int]:
        """Bytes of memory that all of them use together, and how many they are."""
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
        """Bytes on disk of files that were deleted from its folder and are still held."""
        largest = self._limits.file_bytes
        return sum(hidden.deleted_bytes(self._proc, member, folder, largest) for member in self._members())

    def peak_memory(self) -> int:
        """Bytes that the program's first process has used at most."""
        with suppress(OSError, ValueError, IndexError):
            said = read_at(self._proc, f"{self._process}/status")
            return int(said.split(b"VmHWM:")[1].split()[0]) * 1024
        return 0

    def kill_orphans(self) -> None:
        """Kill and reap all descendants of this process, until there are none."""
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
        """All descendants of this process: whoever has left the program's own tree was given to this one."""
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
        """Bytes of its addresses, of memory behind them, and of that memory what is of files or shared."""
        try:
            addresses, resident, shared = map(int, read_at(self._proc, f"{process}/statm").split()[:3])
        except (OSError, ValueError):
            return 0, 0, 0
        return addresses * PAGE, resident * PAGE, shared * PAGE
