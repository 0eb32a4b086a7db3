"""What the filter of system calls decides, as the kernel would run it, on both machines."""

from __future__ import annotations

import errno
import struct

import pytest

from northstar.sandbox.inside.seccomp import MACHINES, filter_code
from northstar.sandbox.inside.syscalls import GUARDED, HARMLESS, NEWEST

ALLOWED, KILLED = 0x7FFF0000, 0x80000000


def decide(machine: str, name: str | int, *arguments: int, may_fork: bool = False, only_self: int | None = None) -> int:
    """Run the filter: 0 allowed, -1 killed, else the error that the call fails with."""
    column, architecture = MACHINES[machine]
    number = name if isinstance(name, int) else {**HARMLESS, **GUARDED}[name][column]
    assert number is not None
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, architecture, 0, *padded)
    return _verdict(filter_code(machine, may_fork=may_fork, only_self=only_self), data)


def _verdict(code: bytes, data: bytes) -> int:
    """The part of the kernel's classic BPF machine that the filter uses."""
    lines: list[tuple[int, int, int, int]] = list(struct.iter_unpack("HBBI", code))
    place, held = 0, 0
    while True:
        operation, if_true, if_false, value = lines[place]
        place += 1
        if operation == 0x20:
            held = struct.unpack_from("<I", data, value)[0]
        elif operation == 0x54:
            held &= value
        elif operation == 0x06:
            return {ALLOWED: 0, KILLED: -1}.get(value, value & 0xFFFF)
        else:
            right = {0x15: held == value, 0x25: held > value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
            place += if_true if right else if_false


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_everything_harmless_is_allowed_and_nothing_else(machine: str) -> None:
    column = MACHINES[machine][0]
    harmless = {pair[column] for pair in HARMLESS.values()}
    guarded = {pair[column] for pair in GUARDED.values()}
    for number in range(NEWEST + 1):
        if number not in guarded:
            assert (decide(machine, number) == 0) == (number in harmless), number


GETS_OUT = {"ptrace": 101, "mount": 165, "socket": 41, "io_uring_setup": 425, "setuid": 105, "chmod": 90}
HOLDS_MEMORY = {
    "sendmsg": 46,  # descriptors in a queue
    "sendmmsg": 307,
    "setsockopt": 54,  # longer queues
    "sendfile": 40,  # pages of files in a queue
    "splice": 275,
    "tee": 276,
    "vmsplice": 278,
    "memfd_create": 319,
    "memfd_secret": 447,
    "shmget": 29,
    "msgget": 68,
    "semget": 64,
    "mq_open": 240,
    "add_key": 248,
    "keyctl": 250,
    "userfaultfd": 323,
    "bpf": 321,
    "perf_event_open": 298,
    "inotify_init1": 294,
    "fanotify_init": 300,
    "setxattr": 188,
}


@pytest.mark.parametrize("name", [*GETS_OUT, *HOLDS_MEMORY])
def test_what_could_get_out_or_hold_memory_of_no_process_is_refused(name: str) -> None:
    assert decide("x86_64", {**GETS_OUT, **HOLDS_MEMORY}[name]) == errno.EPERM


def test_pipes_keep_their_size(machine: str) -> None:
    assert decide(machine, "fcntl", 3, 1031, 1 << 20) == errno.EPERM


@pytest.mark.parametrize("shared", [0x01, 0x03], ids=["MAP_SHARED", "MAP_SHARED_VALIDATE"])
def test_memory_is_shared_where_it_is_a_files(machine: str, shared: int) -> None:
    anonymous, private, stack = 0x20, 0x02, 0x20000
    assert decide(machine, "mmap", 0, 4096, 3, shared | anonymous) == errno.EPERM
    assert decide(machine, "mmap", 0, 4096, 3, shared | anonymous | stack) == errno.EPERM
    assert decide(machine, "mmap", 0, 4096, 3, shared) == 0
    assert decide(machine, "mmap", 0, 4096, 3, private | anonymous | stack) == 0


def test_files_get_room_up_to_their_end_alone(machine: str) -> None:
    to_its_end, beyond = 0, 1
    assert decide(machine, "fallocate", 3, to_its_end) == 0
    assert decide(machine, "fallocate", 3, beyond) == errno.EOPNOTSUPP


def test_a_call_newer_than_the_table_does_not_exist(machine: str) -> None:
    assert decide(machine, NEWEST + 1) == errno.ENOSYS


def test_another_machines_calls_end_the_program() -> None:
    data = struct.pack("<iIQ6Q", 0, 0x40000003, 0, *[0] * 6)  # 32-bit x86
    assert _verdict(filter_code("x86_64", may_fork=False, only_self=None), data) == -1
    assert decide("x86_64", 0x40000000) == -1  # x32


THREAD, CHILD, NEW_USER = 0x3D0F00, 0x1200011, 0x10000000


def test_threads_are_made_but_no_processes(machine: str) -> None:
    assert decide(machine, "clone", THREAD) == 0
    assert decide(machine, "clone", CHILD) == errno.EPERM
    assert decide(machine, "execve") == errno.EPERM
    assert decide(machine, "clone3") == errno.ENOSYS


def test_processes_are_made_where_they_may_but_no_namespaces(machine: str) -> None:
    assert decide(machine, "clone", CHILD, may_fork=True) == 0
    assert decide(machine, "execve", may_fork=True) == 0
    assert decide(machine, "clone", CHILD | NEW_USER, may_fork=True) == errno.EPERM
    assert decide(machine, "clone", THREAD | NEW_USER) == errno.EPERM


def test_only_itself_is_signalled_where_others_are_in_sight(machine: str) -> None:
    assert decide(machine, "kill", 42, 9, only_self=42) == 0
    for other in (41, 0, 2**32 - 1):
        assert decide(machine, "kill", other, 9, only_self=42) == errno.EPERM
    assert decide(machine, "kill", 41, 9) == 0


def test_sockets_come_in_connected_pairs_only(machine: str) -> None:
    stream, datagram, close_on_exec = 1, 2, 0o2000000
    assert decide(machine, "socketpair", 1, stream | close_on_exec) == 0
    assert decide(machine, "socketpair", 1, datagram | close_on_exec) == errno.EPERM
    assert decide(machine, "socketpair", another_family := 30, stream) == errno.EPERM, another_family


def test_limits_of_others_are_not_touched(machine: str) -> None:
    assert decide(machine, "prlimit64", 0, 7) == 0
    assert decide(machine, "prlimit64", 4711, 7) == errno.EPERM


def test_descriptors_signal_nobody(machine: str) -> None:
    assert decide(machine, "fcntl", 3, 1) == 0
    assert decide(machine, "fcntl", 3, 8) == errno.EPERM
    assert decide(machine, "ioctl", 3, 0x5401) == 0
    assert decide(machine, "ioctl", 3, 0x8901) == errno.ENOTTY
