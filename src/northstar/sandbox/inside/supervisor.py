"""Supervises one program: hands it the tests, reads its outputs, enforces its limits, ends everything it started.

Each program has a supervisor process of its own, outside its walls and as unprivileged as the program.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import socket
from collections.abc import Mapping
from typing import Any

from northstar.sandbox.inside import program, system
from northstar.sandbox.inside.folder import remove
from northstar.sandbox.inside.running import Running
from northstar.sandbox.inside.streams import Streams
from northstar.sandbox.inside.tree import Tree
from northstar.sandbox.inside.walls import Limits, Walls, limits_of
from northstar.sandbox.inside.wire import receive, send

LONGEST_REMOVAL = 1.0
"""Seconds for removing a program's folder; beyond that, whoever ends the fork server removes it, and nobody waits."""


class NoWalls(Exception):
    """The machine does not allow the walls; the program was not started and is not to blame."""


class Supervisor:
    """Serves one program, from {"limits": …} to {"end": true}."""

    kind = Running

    def __init__(
        self, server: socket.socket, walls: Walls, namespace: Mapping[str, Any], environment: Mapping[str, str]
    ) -> None:
        self._server = server
        self._walls = walls
        self._namespace = namespace
        self._environment = environment
        self._header: dict[str, Any] = {}

    def serve(self) -> None:
        """Serve the program. Raises EOFError when the other side is gone."""
        self._header, _ = receive(self._server)
        limits = limits_of(self._header)
        try:
            system.adopt_orphans()
            folder = self._walls.make_folder(limits)
        except OSError as error:
            raise NoWalls(str(error)) from None
        is_clean = True
        try:
            streams = self._streams()
            try:
                running = self._start(folder, streams, limits)
            except OSError as error:  # out of memory, processes or descriptors
                raise NoWalls(str(error)) from None
            try:
                peak = self._serve_tests(running)
            finally:
                running.end()
                streams.close()
        finally:
            if self._walls.tier != "bubblewrap":
                is_clean = remove(folder, LONGEST_REMOVAL)
        send(self._server, {"finished": True, "clean": is_clean, "memory": peak})

    def _streams(self) -> Streams:
        return Streams(self._walls.streams, self._walls.proc)

    def _places(self) -> tuple[list[int], list[int]]:
        """Return the descriptors under which the program can also open the pipes of its outputs and errors."""
        # Where a function is called, its result goes to a pipe without a name, so that prints cannot fake it.
        return ([1], [2]) if self._header["call"] is None else ([], [1, 2])

    def _run_program(self, channel: socket.socket) -> None:
        program.serve(channel, self._namespace, self._header["call"])

    def _start(self, folder: str, streams: Streams, limits: Limits) -> Running:
        """Fork the program's process, which has read nothing of the program yet. Raises NoWalls."""
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        of_outputs, of_errors = self._places()
        outputs, its_outputs = streams.pipe(*of_outputs)
        errors, its_errors = streams.pipe(*of_errors)
        process = os.fork()
        if not process:
            try:
                self._become_the_program(its.fileno(), its_outputs, its_errors, folder, limits)
            finally:
                os._exit(127)
        its.close()
        os.close(its_outputs)
        os.close(its_errors)
        running = self.kind(process, mine, streams, outputs, errors, limits)
        running.folder = None if self._walls.tier == "bubblewrap" else folder
        reply = mine.recv(4096)
        if not reply:
            raise NoWalls("the program's process did not start")
        answer = json.loads(reply)
        if "failed" in answer:
            raise NoWalls(answer["failed"])
        running.tree = Tree(answer["process"], self._walls, limits)
        return running

    def _become_the_program(self, control: int, outputs: int, errors: int, folder: str, limits: Limits) -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        high = [fcntl.fcntl(each, fcntl.F_DUPFD, 100) for each in (nothing, nothing, nothing, control, outputs, errors)]
        name = os.readlink("self", dir_fd=self._walls.proc)
        walls = dataclasses.replace(self._walls, proc=fcntl.fcntl(self._walls.proc, fcntl.F_DUPFD, 100))
        for place, source in enumerate(high):
            os.dup2(source, place, inheritable=place < 3)
        channel = socket.socket(fileno=program.CONTROL)
        try:
            walls.close_in(folder, limits, self._environment)
        except Exception as error:
            channel.send(json.dumps({"failed": f"{type(error).__name__}: {error}"[:1000]}).encode())
            return
        channel.send(json.dumps({"process": int(name)}).encode())
        self._run_program(channel)

    def _serve_tests(self, running: Running) -> int:
        """Hand over code and tests as they arrive, until one fails; return peak memory."""
        while True:
            header, content = receive(self._server)
            if "code" in header:
                running.hand_over_code(content)
            elif "test" in header:
                if running.over:
                    continue
                result = running.watch(self._server, content)
                if result is not None:
                    send(self._server, {"result": header["test"], **result}, running.take_output())
            else:
                return running.peak
