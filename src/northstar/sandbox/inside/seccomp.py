"""The seccomp filter of programs' system calls: an allow list, since a deny list ages badly.

A forbidden call fails with EPERM. A call newer than the table fails with ENOSYS, so that the C library falls back to an
older one. No program can create sockets (except connected pairs), namespaces, mounts or tracers, or change modes,
owners and times of files, which Landlock does not cover.

The filter also closes the ways to hold memory that no process's memory shows: descriptors in a socket's queue
(sendmsg), larger queues of sockets and pipes (setsockopt, F_SETPIPE_SZ), pages that stay in a queue after their file
was truncated (sendfile), space beyond a file's end, which no size limit counts (fallocate), and anonymous shared memory
(mmap), which stays allocated while a single page of it is mapped, but only that page counts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from northstar.sandbox.inside.syscalls import GUARDED, HARMLESS, NEWEST
from northstar.sandbox.inside.system import checked, libc, no_new_privileges

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""The table's column, and the kernel's architecture number for filters."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _MORE, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_CLONE_THREAD, _CLONE_NEW = 0x00010000, 0x7E020000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE = 1, 1, 0xF
_PRCTLS = (15, 16)
"""PR_SET_NAME, PR_GET_NAME."""
_SIGNALLING_FCNTLS = (8, 10, 15, 1026)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY: ways to make the kernel signal another process."""
_F_SETPIPE_SZ = 1031
_SHARED_AND_OF_NO_FILE = 0x01 | 0x20
"""MAP_SHARED (whose bit MAP_SHARED_VALIDATE includes) and MAP_ANONYMOUS."""
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS and TIOCGWINSZ (is it a terminal?), FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""


def filter_code(machine: str, *, may_fork: bool, only_self: int | None) -> bytes:
    """Return the filter's instructions; `only_self`: the only process that may be signalled, None for any."""
    column, architecture = MACHINES[machine]
    code = [_do(_LOAD, _ARCHITECTURE), _do(_EQUAL, architecture, 1, 0), _KILL, _do(_LOAD, _NUMBER)]
    code += [_do(_AT_LEAST, _X32, 0, 1), _KILL]
    for name, rule in _rules(may_fork, only_self).items():
        if (number := GUARDED[name][column]) is not None:
            code += [_do(_EQUAL, number, 0, len(rule)), *rule]
    for first, last in _ranges(number for pair in HARMLESS.values() if (number := pair[column]) is not None):
        code += [_do(_AT_LEAST, first, 0, 2), _do(_MORE, last, 1, 0), _ALLOW]
    return b"".join([*code, _do(_MORE, NEWEST, 0, 1), _fail(errno.ENOSYS), _REFUSE])


def install(code: bytes) -> None:
    """Bind this process, and everything it starts, to the filter for good."""
    no_new_privileges()
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    pr_set_seccomp, mode_filter = 22, 2
    checked(libc.prctl(pr_set_seccomp, mode_filter, program, 0, 0), "prctl(PR_SET_SECCOMP)")


def is_supported() -> bool:
    """Return whether the table covers this machine."""
    return os.uname().machine in MACHINES


def _rules(may_fork: bool, only_self: int | None) -> dict[str, list[bytes]]:
    """Return the instructions that decide each guarded call; every path through them ends in a return."""
    forking = [_ALLOW if may_fork else _REFUSE]
    threads = [_argument(0), _do(_ANY_BIT, _CLONE_NEW, 0, 1), _REFUSE]
    threads += [_ALLOW] if may_fork else [_do(_ANY_BIT, _CLONE_THREAD, 0, 1), _ALLOW, _REFUSE]
    signals = [_ALLOW] if only_self is None else _one_of(0, (only_self,), _ALLOW, _REFUSE)
    unix = [_argument(0), _do(_EQUAL, _AF_UNIX, 1, 0), _REFUSE]
    anonymous = [_argument(3), _do(_AND, _SHARED_AND_OF_NO_FILE), _do(_EQUAL, _SHARED_AND_OF_NO_FILE, 0, 1)]
    return {
        "mmap": [*anonymous, _REFUSE, _ALLOW],
        "clone": threads,
        "clone3": [_fail(errno.ENOSYS)],  # filters cannot read its flags; the C library falls back to clone
        "fork": forking,
        "vfork": forking,
        "execve": forking,
        "kill": signals,
        "tgkill": signals,
        "fcntl": _one_of(1, (*_SIGNALLING_FCNTLS, _F_SETPIPE_SZ), _REFUSE, _ALLOW),
        "ioctl": _one_of(1, _IOCTLS, _ALLOW, _fail(errno.ENOTTY)),
        "fallocate": _one_of(1, (0,), _ALLOW, _fail(errno.EOPNOTSUPP)),
        "prctl": _one_of(0, _PRCTLS, _ALLOW, _REFUSE),
        "prlimit64": _one_of(0, (0,), _ALLOW, _REFUSE),  # its own limits only: lowering others' could kill them
        # A pair of datagram sockets could still send to any named socket.
        "socketpair": [*unix, _argument(1), _do(_AND, _SOCK_TYPE), _do(_EQUAL, _SOCK_STREAM, 0, 1), _ALLOW, _REFUSE],
    }


def _one_of(argument: int, values: Iterable[int], then: bytes, otherwise: bytes) -> list[bytes]:
    code = [_argument(argument)]
    for value in values:
        code += [_do(_EQUAL, value, 0, 1), then]
    return [*code, otherwise]


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Merge numbers into ranges of neighbours.

    >>> _ranges([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges


def _argument(place: int) -> bytes:
    """Load an argument's lower half, which is all the kernel reads of an int (both machines are little-endian)."""
    return _do(_LOAD, 16 + 8 * place)


def _fail(number: int) -> bytes:
    return _do(_RETURN, 0x00050000 | number)


def _do(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Encode one instruction; it may skip some of the next ones."""
    return struct.pack("HBBI", operation, if_true, if_false, value)


_ALLOW, _KILL, _REFUSE = _do(_RETURN, 0x7FFF0000), _do(_RETURN, 0x80000000), _fail(errno.EPERM)
