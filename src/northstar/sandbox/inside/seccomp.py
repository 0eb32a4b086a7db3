"""The system calls that a program may make, as a seccomp filter: an allow list, since a deny list ages badly.

A call that is not allowed fails with EPERM; one that is newer than the table fails with ENOSYS, so that the C library
falls back to an older one. No program can make sockets (but for connected pairs), namespaces, mounts or tracers; none
can change modes, owners or times of files, which Landlock does not watch over.

Nor can it keep memory where no process's memory shows it: by descriptors that lie in a socket's queue (sendmsg), larger
queues of sockets and pipes (setsockopt, F_SETPIPE_SZ), pages of a file that stay in a queue after the file was cut
(sendfile), room beyond a file's end, which no limit on its size counts (fallocate), or memory that is shared and of no
file (mmap): it stays whole as long as one page of it is mapped, and only that page counts.
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
"""The table's column, and the architecture as the kernel names it to a filter."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _MORE, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_CLONE_THREAD, _CLONE_NEW = 0x00010000, 0x7E020000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE = 1, 1, 0xF
_PRCTLS = (15, 16)
"""PR_SET_NAME, PR_GET_NAME."""
_SIGNALLING_FCNTLS = (8, 10, 15, 1026)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY: ways to have the kernel signal another process."""
_F_SETPIPE_SZ = 1031
_SHARED_AND_OF_NO_FILE = 0x01 | 0x20
"""MAP_SHARED (its bit is in MAP_SHARED_VALIDATE, too) and MAP_ANONYMOUS."""
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS and TIOCGWINSZ (is it a terminal?), FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""


def filter_code(machine: str, *, may_fork: bool, only_self: int | None) -> bytes:
    """The filter's instructions. only_self: the one process that may be signalled; None: any that is in sight."""
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
    """Bind this process, and all that it starts, to the filter for good."""
    no_new_privileges()
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    pr_set_seccomp, mode_filter = 22, 2
    checked(libc.prctl(pr_set_seccomp, mode_filter, program, 0, 0), "prctl(PR_SET_SECCOMP)")


def is_supported() -> bool:
    """Whether the table knows this machine."""
    return os.uname().machine in MACHINES


def _rules(may_fork: bool, only_self: int | None) -> dict[str, list[bytes]]:
    """For each guarded call what decides about it; every way through a rule ends in a return."""
    forking = [_ALLOW if may_fork else _REFUSE]
    threads = [_argument(0), _do(_ANY_BIT, _CLONE_NEW, 0, 1), _REFUSE]
    threads += [_ALLOW] if may_fork else [_do(_ANY_BIT, _CLONE_THREAD, 0, 1), _ALLOW, _REFUSE]
    signals = [_ALLOW] if only_self is None else _one_of(0, (only_self,), _ALLOW, _REFUSE)
    unix = [_argument(0), _do(_EQUAL, _AF_UNIX, 1, 0), _REFUSE]
    anonymous = [_argument(3), _do(_AND, _SHARED_AND_OF_NO_FILE), _do(_EQUAL, _SHARED_AND_OF_NO_FILE, 0, 1)]
    return {
        "mmap": [*anonymous, _REFUSE, _ALLOW],
        "clone": threads,
        "clone3": [_fail(errno.ENOSYS)],  # its flags can't be read by a filter; the C library falls back to clone
        "fork": forking,
        "vfork": forking,
        "execve": forking,
        "kill": signals,
        "tgkill": signals,
        "fcntl": _one_of(1, (*_SIGNALLING_FCNTLS, _F_SETPIPE_SZ), _REFUSE, _ALLOW),
        "ioctl": _one_of(1, _IOCTLS, _ALLOW, _fail(errno.ENOTTY)),
        "fallocate": _one_of(1, (0,), _ALLOW, _fail(errno.EOPNOTSUPP)),
        "prctl": _one_of(0, _PRCTLS, _ALLOW, _REFUSE),
        "prlimit64": _one_of(0, (0,), _ALLOW, _REFUSE),  # of itself; of others it could end them
        # A pair of datagram sockets could still send to any socket that has a name.
        "socketpair": [*unix, _argument(1), _do(_AND, _SOCK_TYPE), _do(_EQUAL, _SOCK_STREAM, 0, 1), _ALLOW, _REFUSE],
    }


def _one_of(argument: int, values: Iterable[int], then: bytes, otherwise: bytes) -> list[bytes]:
    code = [_argument(argument)]
    for value in values:
        code += [_do(_EQUAL, value, 0, 1), then]
    return [*code, otherwise]


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges of neighbours."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges


def _argument(place: int) -> bytes:
    """Load the lower half of an argument: all that the kernel looks at of an int. Both machines are little-endian."""
    return _do(_LOAD, 16 + 8 * place)


def _fail(number: int) -> bytes:
    return _do(_RETURN, 0x00050000 | number)


def _do(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; it may skip so many of the next ones."""
    return struct.pack("HBBI", operation, if_true, if_false, value)


_ALLOW, _KILL, _REFUSE = _do(_RETURN, 0x7FFF0000), _do(_RETURN, 0x80000000), _fail(errno.EPERM)
