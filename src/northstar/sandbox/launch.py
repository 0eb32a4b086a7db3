"""The command that starts a fork server in each tier, with its settings."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.sandbox.inside.streams import FOLDER as STREAMS
from northstar.sandbox.program import Setup

INSIDE = Path(__file__).parent / "inside"
UNPRIVILEGED = 64_400
"""Root changes to this user or one of the next numbers, so that each fork server has its own."""
SERVERS = 100
NOBODY = 65_534

_BOOT = """
import sys, types
for name in ("northstar", "northstar.sandbox", "northstar.sandbox.inside"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [FOLDER]
from northstar.sandbox.inside.forkserver import main
main(SOCKET, PROC)
"""
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/ld.so.conf", "/etc/alternatives")
_PRIVATE = "/tmp"
"""The program's own folder under bubblewrap."""
_DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
"""Without /dev/zero: mapping it gives shared memory that no process's memory shows (seccomp.py)."""
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # for reproducible verdicts
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    # One core per program: many programs run at once, and a library's threads would not survive the fork.
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}


@dataclass(frozen=True)
class Interpreter:
    """The Python that programs run in.

    Attributes:
        folders: Everything that it reads.
        isolated: It has only the standard library, no installed packages.
    """

    python: Path
    folders: tuple[Path, ...]
    isolated: bool


def this_interpreter() -> Interpreter:
    """Return Northstar's own Python, with only the standard library."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return Interpreter(base, (Path(sys.base_prefix).resolve(),), isolated=True)


@dataclass(frozen=True)
class Launch:
    """How to start a fork server.

    Attributes:
        argv: The command; it inherits the socket and the descriptor of /proc.
        settings: Its first frame.
        environment: Its environment variables.
    """

    argv: Sequence[str]
    settings: dict[str, Any]

    environment: dict[str, str]


def launch(
    tier: str, interpreter: Interpreter, setup: Setup, *, number: int, scratch: str | None, socket: int, proc: int
) -> Launch:
    """Return how to start fork server `number`.

    Args:
        tier: 'bubblewrap', 'landlock' or 'unsafe'.
        interpreter: The Python to run.
        setup: What it loads at the start.
        number: Chooses the user that root changes to.
        scratch: The server's folder for programs, in tiers without a private /tmp.
        socket, proc: Descriptors of the server's socket and of /proc.

    Raises:
        OSError: A command that the tier needs is missing.
    """
    user = None if tier == "unsafe" else unprivileged_user(number)
    libraries = library_folders()
    folders = [*interpreter.folders, *libraries]
    readable = [*_SYSTEM, *_FILES, *_DEVICES, *map(str, folders)]
    environment = dict(_ENVIRONMENT)
    if libraries:
        environment["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
    inside = "/northstar" if tier == "bubblewrap" else str(INSIDE)
    boot = _BOOT.replace("FOLDER", repr(inside)).replace("SOCKET", str(socket)).replace("PROC", str(proc))
    python = [str(interpreter.python), "-s", "-P", *(["-S"] if interpreter.isolated else []), "-c", boot]
    settings = {
        "tier": tier,
        "user": user,
        "readable": readable,
        "scratch": scratch or _PRIVATE,
        "visible": [] if scratch else _below_private(folders),
        "modules": list(setup.modules),
        "prelude": setup.prelude,
        "sessions": setup.sessions,
        "environment": environment,
    }
    return Launch(bubblewrap(folders, user) + python if tier == "bubblewrap" else python, settings, environment)


def find_bubblewrap() -> Path | None:
    """Return bwrap's absolute path: the process that starts it has another PATH and another folder."""
    found = shutil.which("bwrap")
    return Path(found).absolute() if found else None


def library_folders() -> list[Path]:
    """Return the folders of LD_LIBRARY_PATH, where a cluster's modules put the libraries of their Python."""
    named = [Path(name) for name in os.environ.get("LD_LIBRARY_PATH", "").split(":") if name.startswith("/")]
    excluded = {Path("/"), Path(os.path.expanduser("~"))}  # noqa: PTH111  a user may have no home
    return [folder for folder in named if folder.is_dir() and folder.resolve() not in excluded]


def unprivileged_user(number: int) -> int | None:
    """Return the user that root changes to: one that owns nothing, per fork server if enough numbers are mapped.

    None if Northstar runs as an ordinary user, or as a root that cannot change users: root of a user's container or
    namespace, or a root without the capabilities.
    """
    if os.geteuid() != 0 or not _may_change_users():
        return None
    return next((user for user in (UNPRIVILEGED + number % SERVERS, NOBODY) if _is_mapped(user)), None)


def bubblewrap(folders: Sequence[Path], user: int | None) -> list[str]:
    """Return the bwrap command without the program: a read-only system, no home, no network, no /proc.

    Args:
        folders: Folders to show, beside the system's.
        user: The user that root changes to inside, which needs no user namespace; None for the user as is.

    Raises:
        OSError: There is no bwrap.
    """
    command = find_bubblewrap()
    if command is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "bwrap")
    argv = [str(command), "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    argv += ["--unshare-uts", "--unshare-cgroup-try"]
    if user is None:
        argv += ["--unshare-user"]
    else:
        argv += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    made: set[str] = set()
    for path in _SYSTEM:
        if Path(path).is_symlink():
            argv += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            argv += ["--ro-bind", path, path]
    below = _below_private(folders)
    for path in (*_FILES, *map(str, folders)):
        if path not in below:
            argv += _readable(path, made)
    argv += ["--perms", "0755", "--dir", "/dev"]
    for device in _DEVICES:
        argv += ["--dev-bind", device, device]
    argv += ["--perms", "0333", "--tmpfs", STREAMS]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        argv += ["--symlink", f"{STREAMS}/{number}", f"/dev/{name}"]
    for folder in ("/proc", "/proc/self"):
        argv += ["--perms", "0111", "--dir", folder]
    argv += ["--symlink", STREAMS, "/proc/self/fd"]
    argv += ["--ro-bind", str(INSIDE), "/northstar", "--perms", "0755", "--tmpfs", _PRIVATE, "--chdir", _PRIVATE]
    for path in below:
        argv += _readable(path, made)
    return [*argv, "--remount-ro", "/", "--"]


def _below_private(folders: Iterable[Path]) -> list[str]:
    """Return the folders that the private folder would hide, and that must stay visible."""
    return [str(folder) for folder in folders if Path(_PRIVATE) in folder.parents]


def _readable(path: str, made: set[str]) -> list[str]:
    """Return options that show a file or folder, unless it is missing or part of the system's folders."""
    if not Path(path).exists() or any(Path(path).is_relative_to(each) for each in ("/usr", "/lib", "/bin")):
        return []
    return [*_open_parents(path, made), "--ro-bind", path, path]


def _open_parents(path: str, made: set[str]) -> list[str]:
    """Return options that create a path's parents for everybody; by default bwrap lets only their owner enter."""
    argv: list[str] = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", *made):
            made.add(str(parent))
            argv += ["--perms", "0755", "--dir", str(parent)]
    return argv


def _may_change_users() -> bool:
    """Return whether this process has CAP_CHOWN, CAP_SETGID and CAP_SETUID."""
    wanted = 1 << 0 | 1 << 6 | 1 << 7
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return True
    return int(next(line for line in lines if line.startswith("CapEff:")).split()[1], 16) & wanted == wanted


def _is_mapped(user: int) -> bool:
    """Return whether Northstar's user namespace maps this user number."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return True
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= user < first + length for first, _, length in ranges)
