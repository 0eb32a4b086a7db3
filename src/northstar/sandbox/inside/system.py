"""Calls to the C library and the kernel that Python's standard library lacks."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from northstar.sandbox.inside.syscalls import OURS

# PyDLL keeps the GIL: a process about to fork or lock itself down has no other thread to hand it to.
libc = ctypes.PyDLL(None, use_errno=True)

NEW_NAMESPACES_OF_A_PROGRAM = 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000
"""CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_MS_RDONLY, _MS_REMOUNT = 1, 32
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 0x1000, 0x4000, 1 << 18
_CAPABILITIES_VERSION = 0x20080522


def checked(result: int, what: str) -> int:
    """Return the result of a C call. Raises OSError if it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call_number(name: str) -> int:
    """Return the number of one of the sandbox's own system calls on this machine."""
    return OURS[name][0 if os.uname().machine == "x86_64" else 1]


def die_with_parent(signal_number: int) -> None:
    checked(libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def set_dumpable(value: bool) -> None:
    """Set whether processes of the same user may inspect this one, and whether it may write its /proc files."""
    checked(libc.prctl(_PR_SET_DUMPABLE, int(value), 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    checked(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def no_new_privileges() -> None:
    checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def unshare(flags: int) -> None:
    checked(libc.unshare(flags), "unshare")


def drop_capabilities() -> None:
    """Give up the rights that root has in its own namespaces."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    checked(libc.syscall(call_number("capset"), ctypes.byref(header), ctypes.byref(none)), "capset")


def make_read_only(path: str) -> None:
    """Make a tmpfs mount read-only for this process and everything it starts."""
    flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
    checked(libc.mount(None, path.encode(), None, flags, None), f"mount --read-only {path}")


def mount_private_folder(path: str, megabytes: int, files: int, visible: Sequence[str], proc: int) -> None:
    """Mount a private tmpfs of limited size on `path` and enter it.

    Args:
        path: Where to mount it.
        megabytes, files: Its limits.
        visible: Folders below `path` that stay visible.
        proc: A descriptor of /proc, to name folders that the mount hides.
    """
    opened = [(folder, os.open(folder, os.O_PATH)) for folder in visible]
    checked(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount --make-rprivate /")
    options = f"size={megabytes}m,nr_inodes={files},mode=700".encode()
    checked(libc.mount(b"tmpfs", path.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, options), f"mount tmpfs on {path}")
    os.fchdir(proc)
    for folder, hidden in opened:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        source = f"self/fd/{hidden}".encode()
        checked(libc.mount(source, folder.encode(), None, _MS_BIND | _MS_REC, None), f"mount --rbind {folder}")
        os.close(hidden)
    os.chdir(path)
