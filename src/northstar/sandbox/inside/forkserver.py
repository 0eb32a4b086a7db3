"""An interpreter with the usual modules loaded that forks for each program.

It never reads a program, an input or an output itself; each program's supervisor does, in a process that ends with it.
So no program's data is in the memory that the next one starts with.
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
from northstar.sandbox.inside.interpreter.sessions import serve_sessions
from northstar.sandbox.inside.supervisor import NoWalls, Supervisor
from northstar.sandbox.inside.walls import Walls, read_at
from northstar.sandbox.inside.wire import receive, send


def main(descriptor: int, proc: int) -> None:
    """Serve programs on a socket until the other side closes it; `proc` is a descriptor of /proc."""
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
    gc.freeze()  # programs' garbage collections then skip what is loaded already
    send(server, {"ready": True, "python": sys.version.split()[0], "loaded": loaded, "landlock": walls.landlock_abi})
    try:
        serve = serve_sessions if settings["sessions"] else _serve
        serve(server, walls, namespace, dict(settings["environment"]))
    finally:
        if walls.tier != "bubblewrap":  # clean up here, since the process that started this may have been killed
            remove(walls.scratch)


def _serve(server: socket.socket, walls: Walls, namespace: dict[str, Any], environment: dict[str, str]) -> None:
    while server.recv(1, socket.MSG_PEEK):
        supervisor = os.fork()
        if not supervisor:
            _supervise(server, walls, namespace, environment)
        if os.waitpid(supervisor, 0)[1]:
            return  # the supervisor may have died in the middle of a frame


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
    """Return the names that `prelude` defines, and the modules that could be imported."""
    loaded = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # a broken module may raise anything; callers see that it is not loaded
            continue
        loaded.append(name)
    site.setquit()  # defines exit() and quit(), which an interpreter without site-packages lacks
    namespace: dict[str, Any] = {"__builtins__": builtins}
    exec(prelude, namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}, loaded


def _become(user: int) -> None:
    """Change from root to `user` for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _walls(settings: dict[str, Any], proc: int) -> Walls:
    tier = settings["tier"]
    if tier != "unsafe" and not seccomp.is_supported():
        raise OSError(f"the system call filter does not support {os.uname().machine}")
    abi = landlock.version() if tier == "landlock" else 0
    if tier == "landlock" and not abi:
        raise OSError("the kernel has no Landlock (needs Linux 5.13 or later, with Landlock enabled)")
    pages = int(read_at(proc, "self/statm").split()[0])
    return Walls(
        tier=tier,
        readable=tuple(settings["readable"]),
        scratch=settings["scratch"],
        visible=tuple(settings["visible"]),
        proc=proc,
        streams=os.open(streams.FOLDER, os.O_PATH | os.O_DIRECTORY) if tier == "bubblewrap" else None,
        addresses=pages * os.sysconf("SC_PAGE_SIZE"),
        socket_bytes=2 * _queue_of_a_socket(proc),  # the kernel also counts its overhead per message
        leaves_cores=_leaves_cores(proc),
        landlock_abi=abi,
    )


def _leaves_cores(proc: int) -> bool:
    """Return whether a crash runs a core-dump command because the hard limit, already 0, rules out NO_CORE."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1]:
        return False
    try:
        return read_at(proc, "sys/kernel/core_pattern").startswith((b"|", b"@"))
    except OSError:  # hidden in some containers: assume so
        return True


def _queue_of_a_socket(proc: int) -> int:
    try:
        return int(read_at(proc, "sys/net/core/wmem_default"))
    except (OSError, ValueError):  # hidden in some containers
        return 212_992  # Linux's default
