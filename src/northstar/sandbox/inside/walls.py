"""Confines a program's process, before it has read a byte of the program."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from northstar.sandbox.inside import landlock, seccomp, streams, system
from northstar.sandbox.inside.folder import MOST_FILES

FIRST_FREE_DESCRIPTOR = 6
"""0 to 2 are the program's streams, 3 to 5 its process's reports."""
MOST_DESCRIPTORS = 128
"""Each may be a socket or a pipe, whose queue is memory that no process shows."""
MOST_SIGNALS = 1024
"""Pending signals, and timers."""
MOST_THREADS = 128
LARGEST_STACK = 128 << 20
"""The kernel reserves this much below a stack, whatever the limit was when the interpreter started."""
NO_CORE = 1
"""A core limit that no core fits in. At 0, the kernel would still run a configured core-dump command."""
SPARE_ADDRESSES = 512 << 20
"""Address space beyond memory: stacks of threads, reservations of libraries."""


@dataclass(frozen=True)
class Limits:
    """The sandbox's public Limits, as sent to the inside; sizes in bytes, times in seconds."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
    file_bytes: int
    output_bytes: int


@dataclass(frozen=True)
class Walls:
    """How a fork server confines its programs.

    Attributes:
        tier: 'bubblewrap', 'landlock' or 'unsafe'.
        readable: Files and folders that a program may read, for Landlock.
        scratch: The program's folder, or the folder that contains it.
        visible: Folders below `scratch` that must stay visible.
        proc: A descriptor of /proc.
        streams: A descriptor of the folder of named streams, if the tier has one.
        addresses: The fork server's address space, in bytes.
        socket_bytes: The most that one socket can queue.
        leaves_cores: A crash would run a core-dump command, unless the process is not dumpable.
        landlock_abi: The kernel's Landlock version; 0 without Landlock.
    """

    tier: str
    readable: tuple[str, ...]
    scratch: str
    visible: tuple[str, ...]
    proc: int
    streams: int | None
    addresses: int
    socket_bytes: int
    leaves_cores: bool
    landlock_abi: int

    def make_folder(self, limits: Limits) -> str:
        """Make the program's empty folder; under bubblewrap, this process moves into namespaces of its own."""
        if self.tier != "bubblewrap":
            return tempfile.mkdtemp(prefix="program-", dir=self.scratch)
        user, group = os.getuid(), os.getgid()
        system.set_dumpable(True)  # otherwise this process could not write to its own /proc/self
        system.unshare(system.NEW_NAMESPACES_OF_A_PROGRAM)
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            write_at(self.proc, f"self/{name}", content)
        system.mount_private_folder(self.scratch, max(1, limits.file_bytes >> 20), MOST_FILES, self.visible, self.proc)
        system.make_read_only(streams.FOLDER)  # the descriptor opened before stays writable
        return self.scratch

    def close_in(self, folder: str, limits: Limits, environment: Mapping[str, str]) -> None:
        """Lock this process down. Raises OSError."""
        os.setsid()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment, HOME=folder, TMPDIR=folder)
        tempfile.tempdir = None
        # Its supervisor may inspect it (to count what it holds), other programs may not, whatever their users.
        system.set_dumpable(not self.leaves_cores)
        with suppress(OSError):  # make it the first victim when memory runs out
            write_at(self.proc, "self/oom_score_adj", "1000")
        alone = self.tier == "bubblewrap" and _counts_by_namespace()
        others = 0 if alone else self._others_of_the_user() if limits.processes > 1 else None
        os.closerange(FIRST_FREE_DESCRIPTOR, 4096)
        self._limit(limits, others)
        system.die_with_parent(signal.SIGKILL)
        if self.tier == "unsafe":
            return
        system.drop_capabilities()
        if self.tier == "landlock":
            landlock.restrict(self.readable, [folder], self.landlock_abi)
        only_self = os.getpid() if self.tier == "landlock" else None
        machine = os.uname().machine
        seccomp.install(seccomp.filter_code(machine, may_fork=limits.processes > 1, only_self=only_self))

    def _limit(self, limits: Limits, others: int | None) -> None:
        """Set resource limits; `others`: threads that count against the process limit too, None if it can't be used."""
        tasks = limits.processes if limits.processes > 1 else MOST_THREADS
        wanted = {
            resource.RLIMIT_AS: self.addresses + limits.memory_bytes + SPARE_ADDRESSES,
            resource.RLIMIT_FSIZE: limits.file_bytes,
            resource.RLIMIT_NOFILE: MOST_DESCRIPTORS,
            resource.RLIMIT_CORE: NO_CORE,
            resource.RLIMIT_SIGPENDING: MOST_SIGNALS,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_STACK: LARGEST_STACK,
        }
        if others is not None:
            wanted[resource.RLIMIT_NPROC] = tasks + others + 1
        for which, value in wanted.items():
            most = resource.getrlimit(which)[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(which, (value, value))

    def _others_of_the_user(self) -> int:
        """Count the threads of this user on the machine."""
        user, tasks = os.getuid(), 0
        for name in names_at(self.proc, "."):
            with suppress(OSError):
                if name.isdigit() and os.stat(name, dir_fd=self.proc).st_uid == user:
                    tasks += len(names_at(self.proc, f"{name}/task"))
        return tasks


def names_at(folder: int, path: str) -> list[str]:
    """List a folder below an open folder. Raises OSError."""
    opened = os.open(path, os.O_RDONLY, dir_fd=folder)
    try:
        return os.listdir(opened)  # noqa: PTH208
    finally:
        os.close(opened)


def _counts_by_namespace() -> bool:
    """Return whether the kernel counts processes per namespace (5.14 and later) rather than per user."""
    major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in os.uname().release.split(".")[:2])
    return (major, minor) >= (5, 14)


def write_at(folder: int, path: str, content: str) -> None:
    """Write a file below an open folder. Raises OSError."""
    file = os.open(path, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(file, content.encode())
    finally:
        os.close(file)


def read_at(folder: int, path: str) -> bytes:
    """Read a small file below an open folder. Raises OSError."""
    file = os.open(path, os.O_RDONLY, dir_fd=folder)
    content = b""
    try:
        while part := os.read(file, 1 << 16):
            content += part
        return content
    finally:
        os.close(file)


def limits_of(header: Mapping[str, Any]) -> Limits:
    return Limits(**header["limits"])
