"""Stands between a worker and a server: `python guardian.py GRACE COMMAND…` runs the command and sees to its end.

Its standard input is a pipe whose other end the worker alone holds. When the worker ends, however it ends, that pipe
closes, and everything that the command started is ended: first asked to (SIGTERM, for GRACE seconds), then killed, also
what went into a session of its own or was left behind by its parent (Linux hands it to this process, the subreaper).
A byte in the pipe skips the asking. The command's process id is the only line on standard output, its output goes to
standard error, and its exit status is this one's (128 + n for signal n).

Uses the standard library alone and imports nothing of Northstar.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LONGEST_KILL = 20.0
"""Seconds: what waits for a broken disk or driver can't be killed, and nobody should wait for it."""


class Orders:
    """What this process has been told. end: it is time; now: without asking the server first."""

    def __init__(self) -> None:
        self.end = False
        self.now = False
        self._listening = True
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "end", True))
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait(self, seconds: float) -> None:
        """Until there is something new, a process has ended, or the time is up."""
        pipe = sys.stdin.fileno()
        readable, _, _ = select.select([self._woken, *([pipe] if self._listening else [])], [], [], max(0.0, seconds))
        if self._woken in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4096)
        if pipe in readable:
            self._listening = bool(os.read(pipe, 1))
            self.now = self.now or self._listening
            self.end = True


def main(grace: float, command: list[str]) -> int:
    """Run the command to its end, or until it is time. Returns the exit status."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    orders, me = Orders(), os.getpid()
    try:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=lambda: _die_with(me),
        )
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    print(server.pid, flush=True)
    while server.poll() is None and not orders.end:
        orders.wait(60)
        _reap(server)
    deadline = time.monotonic() + grace
    if server.poll() is None and not orders.now and grace > 0:
        _signal_group(server.pid, signal.SIGTERM)
        _signal_group(server.pid, signal.SIGCONT)  # one that is stopped hears nothing else
    while server.poll() is None and not orders.now and time.monotonic() < deadline:
        orders.wait(deadline - time.monotonic())
        _reap(server)
    _kill_all(server)
    status = server.poll()
    return 137 if status is None else status if status >= 0 else 128 - status


def _die_with(parent: int) -> None:
    """In the server's process, before its program: should this guardian be killed, so is the server."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _kill_all(server: subprocess.Popen[bytes]) -> None:
    """Kill the server's group and every descendant, and again what they started meanwhile, until there is none."""
    deadline = time.monotonic() + LONGEST_KILL
    while time.monotonic() < deadline:
        _signal_group(server.pid, signal.SIGKILL)
        left = _descendants(os.getpid())
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        _reap(server)
        if server.poll() is not None and not left:
            return
        time.sleep(0.01)


def _signal_group(leader: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, which)


def _descendants(root: int) -> list[int]:
    """All processes below `root`; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _reap(server: subprocess.Popen[bytes]) -> None:
    """Take note of every child that has ended; orphans of the server's are this process's children."""
    with contextlib.suppress(ChildProcessError, AttributeError):  # no child; no waitid (macOS)
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid == server.pid:
                server.poll()
            else:
                os.waitpid(ended.si_pid, 0)


def _prctl(option: int, value: int) -> None:
    """Linux's prctl; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
