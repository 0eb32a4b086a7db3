"""The fork server's loop for interpreters: each comes with a socket of its own, and many live at once."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from northstar.sandbox.inside import system
from northstar.sandbox.inside.interpreter.supervisor import InterpreterSupervisor
from northstar.sandbox.inside.supervisor import NoWalls
from northstar.sandbox.inside.walls import Walls
from northstar.sandbox.inside.wire import send


def serve_sessions(
    server: socket.socket, walls: Walls, namespace: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Fork a supervisor for each socket that arrives, until the other side closes `server`."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors
    while True:
        message, descriptors, _, _ = socket.recv_fds(server, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            if not os.fork():
                server.close()
                _supervise(socket.socket(fileno=descriptor), walls, namespace, environment)
            os.close(descriptor)


def _supervise(
    session: socket.socket, walls: Walls, namespace: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        system.die_with_parent(signal.SIGKILL)
        InterpreterSupervisor(session, walls, namespace, environment).serve()
        status = 0
    except NoWalls as error:
        with suppress(OSError):
            send(session, {"failed": str(error)[:1000]})
    except (EOFError, OSError):
        pass
    finally:
        os._exit(status)
