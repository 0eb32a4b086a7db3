"""The processes that a program has started, as /proc shows them to its supervisor."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from northstar.sandbox.inside.walls import names_at, read_at

PAGE = os.sysconf("SC_PAGE_SIZE")
LONGEST_KILLING = 10.0
"""Seconds: processes that fork while they are killed are fewer each time, since their number is limited."""


class Tree:
    """proc: a descriptor of /proc. process: the program's number there. processes: how many it may be."""

    def __init__(self, proc: int, process: int, processes: int) -> None:
        self._proc = proc
        self._process = process
        self._alone = processes == 1

    def memory_and_processes(self) -> tuple[int, int]:
        """Bytes of memory that all of them use together, and how many they are."""
        members = [self._process] if self._alone else self._members()
        return sum(map(self._memory, members)), len(members)

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
        return self._below(self._self())

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

    def _memory(self, process: int) -> int:
        try:
            return int(read_at(self._proc, f"{process}/statm").split()[1]) * PAGE
        except (OSError, ValueError, IndexError):
            return 0


def folder_bytes(folder: str) -> int:
    """What the files in a folder take on disk, as far as they can be seen."""
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    total += folder_bytes(entry.path)
    return total
