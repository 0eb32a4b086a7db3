"""An interpreter that has the usual modules loaded, and forks for each program.

It never reads a program, an input or an output itself: each program's supervisor does, in a process of its own that
ends with it. So nothing of one program is in the memory that the next one begins with.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import os
import resource
import signal
import site
import socket
import sys
from typing import Any

from northstar.sandbox.inside import landlock, seccomp, streams, system
from northstar.sandbox.inside.folder import remove
from northstar.sandbox.inside.supervisor import NoWalls, Supervisor
from northstar.sandbox.inside.walls import Walls, read_at
from northstar.sandbox.inside.wire import receive, send


def main(descriptor: int, proc: int) -> None:
    """Serve programs on a socket until the other side closes it. proc: a descriptor of /proc."""
    server = socket.socket(fileno=descriptor)
    settings, _ = receive(server)
    try:
        namespace, loaded = _load(settings["modules"], settings["prelude"])
        if settings["user"] is not None:
            _become(settings["user"])
        system.set_dumpable(False)
        walls = _walls(settings, proc)
    except Exception as error:
        send(server, {"failed": f"{type(error).__name__}: {error}"})
        return
    gc.collect()
    gc.freeze()  # what is here from before is not looked at again in each program
    send(server, {"ready": True, "python": sys.version.split()[0], "loaded": loaded, "landlock": walls.landlock_abi})
    try:
        _serve(server, walls, namespace, dict(settings["environment"]))
    finally:
        if walls.tier != "bubblewrap":  # whoever started this may have been killed
            remove(walls.scratch)


def _serve(server: socket.socket, walls: Walls, namespace: dict[str, Any], environment: dict[str, str]) -> None:
    while server.recv(1, socket.MSG_PEEK):
        supervisor = os.fork()
        if not supervisor:
            _supervise(server, walls, namespace, environment)
        if os.waitpid(supervisor, 0)[1]:
            return  # it may have ended in the middle of a frame


def _supervise(server: socket.socket, walls: Walls, namespace: dict[str, Any], environment: dict[str, str]) -> None:
    status = 1
    try:
        system.die_with_parent(signal.SIGKILL)
        Supervisor(server, walls, namespace, environment).serve()
        status = 0
    except NoWalls as error:
        send(server, {"failed": str(error)[:1000]})
    except EOFError:
        pass
    finally:
        os._exit(status)


def _load(modules: list[str], prelude: str) -> tuple[dict[str, Any], list[str]]:
    """The names that `prelude` defines, and which of the modules are there and work."""
    loaded = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # one that is broken may raise anything; what is not loaded is told, and why is seen in there
            continue
        loaded.append(name)
    site.setquit()  # exit() and quit(), which an interpreter without site-packages lacks
    namespace: dict[str, Any] = {"__builtins__": builtins}
    exec(prelude, namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}, loaded


def _become(user: int) -> None:
    """Stop being root, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _walls(settings: dict[str, Any], proc: int) -> Walls:
    tier = settings["tier"]
    if tier != "unsafe" and not seccomp.is_supported():
        raise OSError(f"there is no filter of system calls for {os.uname().machine}")
    abi = landlock.version() if tier == "landlock" else 0
    if tier == "landlock" and not abi:
        raise OSError("the kernel has no Landlock (5.13 or later, switched on)")
    pages = int(read_at(proc, "self/statm").split()[0])
    return Walls(
        tier=tier,
        readable=tuple(settings["readable"]),
        scratch=settings["scratch"],
        kept=tuple(settings["kept"]),
        proc=proc,
        streams=os.open(streams.FOLDER, os.O_PATH | os.O_DIRECTORY) if tier == "bubblewrap" else None,
        addresses=pages * os.sysconf("SC_PAGE_SIZE"),
        socket_bytes=2 * _queue_of_a_socket(proc),  # as the kernel counts, with what it keeps of each message
        leaves_cores=_leaves_cores(proc),
        landlock_abi=abi,
    )


def _leaves_cores(proc: int) -> bool:
    """Whether crashes are handed to a command, at any limit but the one that can't be set here."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1]:
        return False
    try:
        return read_at(proc, "sys/kernel/core_pattern").startswith((b"|", b"@"))
    except OSError:  # hidden in some containers
        return True


def _queue_of_a_socket(proc: int) -> int:
    try:
        return int(read_at(proc, "sys/net/core/wmem_default"))
    except (OSError, ValueError):  # hidden in some containers
        return 212_992  # Linux's own
