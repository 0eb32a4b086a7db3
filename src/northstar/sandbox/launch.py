"""The command that starts a fork server in each tier, and what it is told."""

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
"""Root becomes this user, or one of the next, so that each fork server has a user of its own."""
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
"""Where bubblewrap has a folder of the program's own."""
_DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
"""Not /dev/zero: to map it is to get shared memory, which no process's memory need show (seccomp.py)."""
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the same program gets the same verdict
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    # One program, one core: programs are many, and threads of a library would outlive no fork.
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}


@dataclass(frozen=True)
class Interpreter:
    """The Python that programs run in. folders: all that it reads. isolated: without any installed package."""

    python: Path
    folders: tuple[Path, ...]
    isolated: bool


def this_interpreter() -> Interpreter:
    """The Python that Northstar runs in, with the standard library alone."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return Interpreter(base, (Path(sys.base_prefix).resolve(),), isolated=True)


@dataclass(frozen=True)
class Launch:
    """words: the command; it inherits the socket and the descriptor of /proc. settings: its first frame.

    environment: of the fork server.
    """

    words: Sequence[str]
    settings: dict[str, Any]

    environment: dict[str, str]


def launch(
    tier: str, interpreter: Interpreter, setup: Setup, *, number: int, scratch: str | None, socket: int, proc: int
) -> Launch:
    """How to start fork server `number`. scratch: a folder of its own where the tier has no private /tmp.

    Raises OSError where the tier needs a command that is not there.
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
        "kept": [] if scratch else _below_private(folders),
        "modules": list(setup.modules),
        "prelude": setup.prelude,
        "environment": environment,
    }
    return Launch(bubblewrap(folders, user) + python if tier == "bubblewrap" else python, settings, environment)


def find_bubblewrap() -> Path | None:
    """The command bwrap, wherever the user's PATH has it; what it starts has another PATH and another folder."""
    found = shutil.which("bwrap")
    return Path(found).absolute() if found else None


def library_folders() -> list[Path]:
    """Where a cluster's modules keep the libraries that their Python needs: the folders of LD_LIBRARY_PATH."""
    named = [Path(name) for name in os.environ.get("LD_LIBRARY_PATH", "").split(":") if name.startswith("/")]
    kept_out = {Path("/"), Path(os.path.expanduser("~"))}  # noqa: PTH111  a user may have none
    return [folder for folder in named if folder.is_dir() and folder.resolve() not in kept_out]


def unprivileged_user(number: int) -> int | None:
    """Whom root becomes: a user that owns nothing, one for each fork server where the machine has so many numbers.

    None where Northstar runs as an ordinary user, or as a root who can become nobody else: that of a container or
    namespace made by an ordinary user, which is that user to the machine, or one whose capabilities were taken away.
    """
    if os.geteuid() != 0 or not _may_change_users():
        return None
    return next((user for user in (UNPRIVILEGED + number % SERVERS, NOBODY) if _is_mapped(user)), None)


def bubblewrap(folders: Sequence[Path], user: int | None) -> list[str]:
    """The bwrap command up to what it starts: a system that can't be written to, no home, no network, no /proc.

    user: who root will become inside, which needs no user namespace; None: the user that runs Northstar. Raises OSError
    where there is no such command.
    """
    command = find_bubblewrap()
    if command is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "bwrap")
    words = [str(command), "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--unshare-uts", "--unshare-cgroup-try"]
    if user is None:
        words += ["--unshare-user"]
    else:
        words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    made: set[str] = set()
    for path in _SYSTEM:
        if Path(path).is_symlink():
            words += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            words += ["--ro-bind", path, path]
    below = _below_private(folders)
    for path in (*_FILES, *map(str, folders)):
        if path not in below:
            words += _readable(path, made)
    words += ["--perms", "0755", "--dir", "/dev"]
    for device in _DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--perms", "0333", "--tmpfs", STREAMS]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        words += ["--symlink", f"{STREAMS}/{number}", f"/dev/{name}"]
    for folder in ("/proc", "/proc/self"):
        words += ["--perms", "0111", "--dir", folder]
    words += ["--symlink", STREAMS, "/proc/self/fd"]
    words += ["--ro-bind", str(INSIDE), "/northstar", "--perms", "0755", "--tmpfs", _PRIVATE, "--chdir", _PRIVATE]
    for path in below:
        words += _readable(path, made)
    return [*words, "--remount-ro", "/", "--"]


def _below_private(folders: Iterable[Path]) -> list[str]:
    """What lies where the private folder hides it, and must be shown in there."""
    return [str(folder) for folder in folders if Path(_PRIVATE) in folder.parents]


def _readable(path: str, made: set[str]) -> list[str]:
    """Shows a file or folder that is there and in none of the system's."""
    if not Path(path).exists() or any(Path(path).is_relative_to(each) for each in ("/usr", "/lib", "/bin")):
        return []
    return [*_open_parents(path, made), "--ro-bind", path, path]


def _open_parents(path: str, made: set[str]) -> list[str]:
    """bwrap makes parents that only their owner may enter; these everybody may."""
    words: list[str] = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", *made):
            made.add(str(parent))
            words += ["--perms", "0755", "--dir", str(parent)]
    return words


def _may_change_users() -> bool:
    """Whether this process has CAP_CHOWN, CAP_SETGID and CAP_SETUID."""
    wanted = 1 << 0 | 1 << 6 | 1 << 7
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return True
    return int(next(line for line in lines if line.startswith("CapEff:")).split()[1], 16) & wanted == wanted


def _is_mapped(user: int) -> bool:
    """Whether the user namespace that Northstar runs in has a user of that number."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return True
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= user < first + length for first, _, length in ranges)
