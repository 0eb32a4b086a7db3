"""Calls to the C library and the kernel that Python has no function for."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from northstar.sandbox.inside.syscalls import OURS

# PyDLL keeps Python's lock: a process that is about to be forked or locked down has no other thread to give it to.
libc = ctypes.PyDLL(None, use_errno=True)

NEW_NAMESPACES_OF_A_PROGRAM = 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000
"""CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_MS_RDONLY, _MS_REMOUNT = 1, 32
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 0x1000, 0x4000, 1 << 18
_CAPABILITIES_VERSION = 0x20080522


def checked(result: int, what: str) -> int:
    """The result of a C call. Raises OSError where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call_number(name: str) -> int:
    """The number of one of the sandbox's own system calls on this machine."""
    return OURS[name][0 if os.uname().machine == "x86_64" else 1]


def die_with_parent(signal_number: int) -> None:
    checked(libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one, and it may write its own /proc files."""
    checked(libc.prctl(_PR_SET_DUMPABLE, int(value), 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    checked(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def no_new_privileges() -> None:
    checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def unshare(flags: int) -> None:
    checked(libc.unshare(flags), "unshare")


def drop_capabilities() -> None:
    """Give up all that being root of one's own namespaces allows."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    checked(libc.syscall(call_number("capset"), ctypes.byref(header), ctypes.byref(none)), "capset")


def make_read_only(path: str) -> None:
    """A mount of a folder in memory, as this process and all that it starts see it."""
    flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
    checked(libc.mount(None, path.encode(), None, flags, None), f"mount --read-only {path}")


def mount_private_folder(path: str, megabytes: int, files: int, kept: Sequence[str], proc: int) -> None:
    """A folder in memory that nobody else sees, of bounded size. kept: folders below `path` that are still seen there.

    proc: a descriptor of /proc, through which what is hidden already can be named.
    """
    held = [(folder, os.open(folder, os.O_PATH)) for folder in kept]
    checked(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount --make-rprivate /")
    options = f"size={megabytes}m,nr_inodes={files},mode=700".encode()
    checked(libc.mount(b"tmpfs", path.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, options), f"mount tmpfs on {path}")
    os.fchdir(proc)
    for folder, hidden in held:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        source = f"self/fd/{hidden}".encode()
        checked(libc.mount(source, folder.encode(), None, _MS_BIND | _MS_REC, None), f"mount --rbind {folder}")
        os.close(hidden)
    os.chdir(path)
