"""Programs that hold as much as they can where no process's memory, and no name of a file, shows it.

Each says how many bytes it holds. What stops one at once is as good as what lets it hold little.
"""

from __future__ import annotations

LITTLE = 64 << 20
"""Bytes that nobody needs to see."""

_BEGIN = """
import ctypes, fcntl, mmap, os, resource, socket
block, held, kept = bytes(65536), 0, []
def fill(write):
    global held
    try:
        while True:
            held += write(block)
    except BlockingIOError:
        pass
def widen(end):
    for option in (socket.SO_SNDBUF, 32, socket.SO_RCVBUF, 33):
        try:
            end.setsockopt(socket.SOL_SOCKET, option, 1 << 30)
        except OSError:
            pass
def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
        widen(end)
        fill(end.send)
    return ends
def new(name, megabytes=8):
    global held
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    for _ in range(megabytes << 4):
        held += os.write(file, block)
    return file
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
try:
"""
_END = """
except (OSError, MemoryError) as error:
    pass
print(held, flush=True)
"""

_BODIES = {
    "socket pairs": """
while True:
    kept.append(pair())
""",
    "sockets in the queue of a socket": """
carrier, kept = socket.socketpair()
carrier.setblocking(False)
for _ in range(3000):
    ends = pair()
    socket.send_fds(carrier, [b"x"], [end.fileno() for end in ends])
    for end in ends:
        end.close()
""",
    "sockets in a queue, by many messages at once": """
while True:
    ends = pair()
    kept.append(ends)
    message = (ctypes.c_char * 64)()
    if libc.sendmmsg(ends[0].fileno(), message, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "sendmmsg")
""",
    "pipes made larger": """
while True:
    ends = os.pipe()
    kept.append(ends)
    os.set_blocking(ends[1], False)
    try:
        fcntl.fcntl(ends[1], 1031, 1 << 20)
    except OSError:
        pass
    fill(lambda part: os.write(ends[1], part))
""",
    "pages of a file that was cut, in the queue of a socket": """
file = os.open("cut", os.O_RDWR | os.O_CREAT)
for _ in range(60):
    ends = socket.socketpair()
    kept.append(ends)
    ends[0].setblocking(False)
    try:
        while held < 1 << 30:
            os.ftruncate(file, 0)
            os.pwrite(file, block, 0)
            os.sendfile(ends[0].fileno(), file, 0, 1)
            held += len(block)
    except BlockingIOError:
        pass
""",
    "shared memory that it does not look at": """
while held < 2 << 30:
    part = mmap.mmap(-1, 32 << 20)
    for place in range(0, len(part), 4096):
        part[place] = 1
    part.madvise(mmap.MADV_DONTNEED)
    kept.append(part)
    held += len(part)
""",
    "shared memory of which it keeps a page": """
while held < 2 << 30:
    part = mmap.mmap(-1, 100 << 20)
    for place in range(0, len(part), 4096):
        part[place] = 1
    part.resize(4096)
    kept.append(part)
    held += 100 << 20
""",
    "shared memory of which it unmaps all but a page": """
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
while held < 2 << 30:
    place = libc.mmap(None, 100 << 20, 3, 0x21, -1, 0)
    if place in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap")
    ctypes.memset(place, 1, 100 << 20)
    libc.munmap(place + 4096, (100 << 20) - 4096)
    held += 100 << 20
""",
    "shared memory of the device of zeros": """
file = os.open("/dev/zero", os.O_RDONLY)
while held < 2 << 30:
    part = mmap.mmap(file, 100 << 20, mmap.MAP_SHARED, mmap.PROT_READ)
    sum(part[place] for place in range(0, len(part), 4096))
    part.resize(4096)
    kept.append(part)
    held += 100 << 20
""",
    "files that it has deleted": """
while True:
    kept.append(new("gone"))
    os.unlink("gone")
""",
    "files that it has deleted and holds by an address": """
for _ in range(60):
    file = new("gone")
    libc.mmap(None, 4096, 1, 2, file, 0)
    os.close(file)
    os.unlink("gone")
""",
    "files in a folder that can't be listed": """
os.mkdir("shut", 0o300)
for number in range(60):
    os.close(new(f"shut/{number}"))
""",
    "files below a path that is too long to name": """
for _ in range(30):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
for number in range(60):
    os.close(new(str(number)))
""",
    "room beyond the end of a file": """
file = os.open("short", os.O_RDWR | os.O_CREAT)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
if libc.fallocate(file, 1, 0, 1 << 30):
    raise OSError(ctypes.get_errno(), "fallocate")
held = os.fstat(file).st_blocks * 512
""",
    "memory without a name": """
while held < 2 << 30:
    file = os.memfd_create("x")
    kept.append(file)
    os.ftruncate(file, 1 << 30)
    for _ in range(1 << 10):
        held += os.write(file, block)
""",
    "targets of links": """
for number in range(100_000):
    os.symlink("x" * 4000, str(number))
    held += 4000
""",
}


def _indented(body: str) -> str:
    return "".join(f"    {line}\n" for line in body.strip("\n").splitlines())


HOARDS = {name: _BEGIN + _indented(body) + _END for name, body in _BODIES.items()}

FORKED_QUEUES = """
import os, socket
held = 0
def fill(end):
    global held
    end.setblocking(False)
    try:
        while True:
            held += end.send(bytes(65536))
    except BlockingIOError:
        pass
for _ in range(31):
    os.fork() if os.getpid() == os.getpgrp() else None
kept = []
try:
    while True:
        ends = socket.socketpair()
        kept.append(ends)
        for end in ends:
            fill(end)
except OSError:
    pass
import time
time.sleep(5)
print(32 * held)
"""
"""Sockets of 32 processes: little in each."""
