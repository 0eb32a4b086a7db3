"""Supervises one interpreter: hands it cells, enforces the limits of each, and freezes it in between."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from northstar.sandbox.inside import program
from northstar.sandbox.inside.interpreter import cells
from northstar.sandbox.inside.running import Running
from northstar.sandbox.inside.streams import Streams
from northstar.sandbox.inside.supervisor import Supervisor
from northstar.sandbox.inside.wire import receive, send

OWN_BYTES = 5 << 19
"""What a supervisor takes: pages that it shared with the fork server until it wrote to them."""


class RunningInterpreter(Running):
    """An interpreter's process, which ends when anything but our own code reports; `token` marks its reports."""

    token = ""

    def _hear(self) -> dict[str, Any] | None:
        try:
            message = self._control.recv(4096)
        except OSError:
            message = b""
        if not message:
            self._hear_no_more_of(self._control.fileno())  # it ends
            return None
        try:
            report = json.loads(message)
            if report["token"] != self.token:
                raise ValueError
            error = str(report["error"])
        except (ValueError, LookupError, TypeError, RecursionError):
            return self._stop({"status": "error", "error": "it wrote to a descriptor of the interpreter itself"})
        self._read({self._outputs, self._errors})
        return {"status": "ok", "error": error[: program.LONGEST_ERROR]}


class InterpreterSupervisor(Supervisor):
    """Serves one interpreter, from {"limits": …, "seed": …} to the end of the socket."""

    kind = RunningInterpreter

    def serve(self) -> None:
        self._token = os.urandom(16).hex()
        super().serve()

    def _streams(self) -> Streams:
        """Return streams without names: those of all interpreters would lie in one folder."""
        return Streams(None, self._walls.proc)

    def _places(self) -> tuple[list[int], list[int]]:
        return [1, 2], []

    def _run_program(self, channel: socket.socket) -> None:
        cells.serve(channel, self._namespace, int(self._header["seed"]), self._token)

    def _serve_tests(self, running: Running) -> int:
        """Run cells as they arrive, until the interpreter has ended; return its peak memory.

        Between two cells the interpreter is stopped, so that threads that a cell has left behind take no time.
        """
        assert isinstance(running, RunningInterpreter)
        running.token = self._token
        while True:
            running.stop()
            header, code = receive(self._server)
            if "cell" not in header or running.over:
                return running.peak
            running.go_on()
            result = running.watch(self._server, code)
            if result is None:
                continue
            held = 0 if running.over else running.tree.own_memory() + OWN_BYTES
            answer = {"result": header["cell"], **result, "alive": not running.over, "held": held}
            send(self._server, answer, running.take_output())
