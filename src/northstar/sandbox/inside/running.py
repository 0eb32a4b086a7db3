"""A running program: its tests, its outputs, its limits and its end."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from northstar.sandbox.inside import program
from northstar.sandbox.inside.folder import MOST_FILES, contents
from northstar.sandbox.inside.streams import Streams
from northstar.sandbox.inside.tree import Tree
from northstar.sandbox.inside.walls import Limits

SHORTEST_LOOK, LONGEST_LOOK = 0.004, 0.02
"""Seconds between two checks of a running program's time and memory: rarer as a test goes on."""
LAST_OF_STDERR = 4096
_READ = 1 << 16


class Running:
    """A program's process, seen from the supervisor.

    Attributes:
        over: It runs no further test.
        peak: Its peak memory so far, in bytes.
        folder: The program's folder in tiers without a namespace and a mount to limit it.
        tree: Its processes.
    """

    tree: Tree
    folder: str | None = None

    def __init__(
        self, process: int, control: socket.socket, streams: Streams, outputs: int, errors: int, limits: Limits
    ) -> None:
        self.over = False
        self.peak = 0
        self._process = process
        self._control = control
        self._streams = streams
        self._outputs, self._errors = outputs, errors
        self._limits = limits
        self._status: int | None = None
        self._output = bytearray()
        self._stderr = b""
        self._written = 0
        for descriptor in (outputs, errors):
            os.set_blocking(descriptor, False)
        self._handle = os.pidfd_open(process)
        self._clock = ~process << 3 | 2  # CPUCLOCK_SCHED of that process, as the kernel numbers its clocks
        self._poll = select.poll()
        for each in (control.fileno(), outputs, errors, self._handle):
            self._poll.register(each, select.POLLIN)

    def hand_over_code(self, content: bytes) -> None:
        self._hand_over(b"code", self._streams.unnamed(content))

    def _hand_over(self, what: bytes, file: int) -> None:
        """Send the program a file."""
        try:
            with suppress(OSError):  # the program is gone or does not listen; `watch` notices
                # Like socket.send_fds, which ignores flags.
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", file))
                self._control.sendmsg([what], [rights], socket.MSG_DONTWAIT)
        finally:
            os.close(file)

    def watch(self, server: socket.socket, test: bytes) -> dict[str, Any] | None:
        """Run a test until it is done or stopped at a limit; return the result, without the output.

        None if the server sends a frame, left unread: it wants no more tests.
        """
        self._output, self._stderr, self._written = bytearray(), b"", 0
        began, cpu_before, look = time.monotonic(), self._cpu(), SHORTEST_LOOK
        self._poll.register(server.fileno(), select.POLLIN)
        self._hand_over(b"test", self._streams.stdin(test))
        try:
            next_look = began + look
            while True:
                waiting = max(0.0, next_look - time.monotonic())
                ready = {descriptor for descriptor, _ in self._poll.poll(waiting * 1000)}
                self._read(ready)
                now = time.monotonic()
                seconds, cpu = now - began, self._cpu() - cpu_before
                result = self._hear() if self._control.fileno() in ready else None
                if result is None and self._handle in ready:
                    result = self._ended(cpu)
                if result is None and now >= next_look:
                    result = self._beyond_what_is_seen(look_closely=look == LONGEST_LOOK)
                    look = min(look * 1.5, LONGEST_LOOK)
                    next_look = now + look
                if result is None or result["status"] == "ok":
                    result = self._beyond_what_is_counted(seconds, cpu) or result
                if result is not None:
                    return self._result(result, seconds, cpu)
                if server.fileno() in ready:
                    self.over = True
                    return None
        finally:
            self._poll.unregister(server.fileno())

    def stop(self) -> None:
        """Stop the program with all its threads until `go_on`."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def take_output(self) -> bytearray:
        return self._output

    def end(self) -> None:
        """Kill the program and everything it started, and wait until all of it is gone."""
        self._signal(signal.SIGKILL)
        if self._status is None:
            self._reap()
        if self.folder is not None:
            self.tree.kill_orphans()
        for descriptor in (self._outputs, self._errors, self._handle):
            os.close(descriptor)
        self._control.close()

    def _hear(self) -> dict[str, Any] | None:
        """Read a report from the program's process, or from code that found its channel; trust it only so far."""
        try:
            report = json.loads(self._control.recv(4096))
            status, error = str(report["done"]), str(report.get("error", ""))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._hear_no_more_of(self._control.fileno())  # from now on, only the process's end counts
            return None
        self._read({self._outputs, self._errors})
        if status not in ("ok", "memory limit"):
            status = "error"
        return {"status": status, "error": error[: program.LONGEST_ERROR]}

    def _hear_no_more_of(self, descriptor: int) -> None:
        with suppress(KeyError):
            self._poll.unregister(descriptor)

    def _ended(self, cpu: float) -> dict[str, Any]:
        """Return the result of a test during which the process ended."""
        status = self._reap()
        self.over = True
        self._read({self._outputs, self._errors})
        code = os.waitstatus_to_exitcode(status)
        if code == 0:  # os._exit(0), which some programs call to save time
            return {"status": "ok", "error": "", "ended": True}
        if code > 0:
            lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
            error = (lines[-1] if lines else f"exit status {code}")[: program.LONGEST_ERROR]
            return {"status": "error", "error": error}
        if -code in (signal.SIGXCPU, signal.SIGKILL) and cpu > self._limits.cpu_seconds:
            return self._time_limit(cpu)
        return {"status": "crash", "error": f"killed by {_name(-code)}"}

    def _result(self, result: dict[str, Any], seconds: float, cpu: float) -> dict[str, Any]:
        """Complete a test's result, after a last check of peak memory and files."""
        self.peak = max(self.peak, self.tree.peak_memory())
        if result["status"] == "ok" and self.peak > self._limits.memory_bytes:
            result = self._too_much_memory()
        elif result["status"] == "ok":
            result = self._too_large_files(look_closely=False) or result
        self.over = self.over or result["status"] != "ok"
        return {**result, "seconds": seconds, "cpu_seconds": cpu, "memory": self.peak}

    def _beyond_what_is_counted(self, seconds: float, cpu: float) -> dict[str, Any] | None:
        """Check time and output, which is cheap."""
        if cpu > self._limits.cpu_seconds or seconds > self._limits.wall_seconds:
            return self._stop(self._time_limit(cpu))
        if self._written > self._limits.output_bytes:
            error = f"more than {self._limits.output_bytes:,} bytes of output"
            return self._stop({"status": "output limit", "error": error})
        return None

    def _beyond_what_is_seen(self, *, look_closely: bool) -> dict[str, Any] | None:
        """Check memory, processes and files, which takes a look at /proc and the folder."""
        memory, processes = self.tree.memory_and_processes()
        self.peak = max(self.peak, memory)
        if memory > self._limits.memory_bytes:
            return self._too_much_memory()
        if processes > self._limits.processes:
            return self._stop({"status": "error", "error": f"more than {self._limits.processes} processes"})
        return self._too_large_files(look_closely=look_closely)

    def _too_much_memory(self) -> dict[str, Any]:
        megabytes = self._limits.memory_bytes >> 20
        return self._stop({"status": "memory limit", "error": f"more than {megabytes} MiB of memory"})

    def _too_large_files(self, *, look_closely: bool) -> dict[str, Any] | None:
        """Check the folder's size; `look_closely` also counts deleted files still held, which is slower."""
        if self.folder is None:
            return None
        size, files = contents(self.folder)
        if files > MOST_FILES:
            return self._stop({"status": "error", "error": f"more than {MOST_FILES:,} files and folders"})
        if look_closely:
            size += self.tree.deleted_bytes(self.folder)
        if size > self._limits.file_bytes:
            return self._stop({"status": "error", "error": f"more than {self._limits.file_bytes >> 20} MiB in files"})
        return None

    def _time_limit(self, cpu: float) -> dict[str, Any]:
        limits = self._limits
        error = f"more than {limits.cpu_seconds:g} s of CPU time"
        if cpu <= limits.cpu_seconds:
            error = f"more than {limits.wall_seconds:g} s in all, but not {limits.cpu_seconds:g} s of CPU time"
        return {"status": "time limit", "error": error}

    def _stop(self, result: dict[str, Any]) -> dict[str, Any]:
        self.over = True
        self._signal(signal.SIGKILL)
        return result

    def _read(self, ready: set[int]) -> None:
        """Read the pipes, up to slightly more than the output limit."""
        for descriptor in (self._outputs, self._errors):
            while descriptor in ready and self._written <= self._limits.output_bytes:
                try:
                    part = os.read(descriptor, _READ)
                except BlockingIOError:
                    break
                if not part:
                    self._hear_no_more_of(descriptor)
                    break
                self._written += len(part)
                if descriptor == self._outputs:
                    self._output += part
                else:
                    self._stderr = (self._stderr + part)[-LAST_OF_STDERR:]
                if len(part) < _READ:
                    break

    def _cpu(self) -> float:
        """Return the CPU seconds that the process has used."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # it has ended
            return 0.0

    def _reap(self) -> int:
        if self._status is None:
            _, self._status, usage = os.wait4(self._process, 0)
            self.peak = max(self.peak, usage.ru_maxrss * 1024)
        return self._status


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
