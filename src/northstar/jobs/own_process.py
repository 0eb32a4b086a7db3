"""Which process of this machine is a run on record: what a file names is a number, and numbers are given anew.

The file lies in a folder that others may write to. So a process is signalled only if it is this user's, began when the
run's did, and can be seen to work on that folder.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from northstar.core.errors import NorthstarError

_ID = re.compile(r"(?P<host>[^\s/]{1,255}):(?P<number>[0-9]{1,10})", re.ASCII)
_OPTION = re.compile(r"--output[_-]dir=")
_PROC = Path("/proc")
WORKER = "northstar.executors.local.worker_entry"
PS_SECONDS = 10.0


def this_process() -> str:
    """'host:process', the id of a job that it does."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_process_id(text: str) -> bool:
    """Whether a text has the form of such an id."""
    return _ID.fullmatch(text) is not None


def began(number: int) -> str:
    """When a process began, as this machine counts it, and no other since it was started; '' where there is none."""
    if (_PROC / "self/stat").exists():
        with suppress(OSError, IndexError):
            ticks = (_PROC / str(number) / "stat").read_text(errors="replace").rpartition(")")[2].split()[19]
            return f"{(_PROC / 'sys/kernel/random/boot_id').read_text().strip()} {ticks}"
        return ""
    return _ps("lstart", number)


def is_there(process: str, since: str) -> bool:
    """Whether the process of that id, which began at `since` ('': nobody noted it), still runs on this machine."""
    number = _number(process)
    return number is not None and (began(number) == since if since else began(number) != "")


@dataclass(frozen=True)
class OwnProcess:
    """A run of this user on this machine. handle: of the process itself, whoever gets its number later; None: none."""

    number: int
    handle: int | None

    def end(self) -> bool:
        """Ask it to end. False where it has just ended by itself."""
        try:
            if self.handle is None:
                os.kill(self.number, signal.SIGTERM)
            else:
                signal.pidfd_send_signal(self.handle, signal.SIGTERM)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def own_process(process: str, since: str, output_dir: Path, file: Path) -> Iterator[OwnProcess | None]:
    """The run on record in `file` as `process`; None where it has ended. Signals nothing.

    Raises NorthstarError for one of another machine, and where the process is not seen to be that run.
    """
    number = _number(process)
    host = process.rpartition(":")[0]
    if number is None:
        raise NorthstarError(f"{file} names {process!r}, which is no process that can be asked to end.")
    if host != socket.gethostname():
        raise NorthstarError(f"process {number} runs on {host}; ns cancel ends it there.")
    handle = _handle(number)  # of this very process, should it end and its number be given anew
    try:
        yield OwnProcess(number, handle) if _is_run(number, since, output_dir, file) else None
    finally:
        if handle is not None:
            os.close(handle)


def _is_run(number: int, since: str, output_dir: Path, file: Path) -> bool:
    """False where it has ended, whoever has its number now. Raises NorthstarError where it may be another."""
    now, owner = began(number), _owner(number)
    if not now or owner is None or (since and now != since):
        return False
    if owner != os.getuid():
        raise NorthstarError(f"process {number} is somebody else's, who alone can end it.")
    if not since:
        raise NorthstarError(
            f"{file} does not say when process {number} began, so that it may be another by now; if it is the run, "
            f"kill {number} ends it."
        )
    if not (_is_told_of(number, output_dir) or _holds_a_lock_in(number, output_dir)):
        raise NorthstarError(
            f"process {number}, which {file} names, is not seen to work on {output_dir}: its command is "
            f"'{' '.join(_words(number))[:200]}'."
        )
    return True


def _number(process: str) -> int | None:
    """Of an id; 0 and 1 are no process that a run can be asked to end by."""
    found = _ID.fullmatch(process)
    number = int(found["number"]) if found else 0
    return number if 1 < number < 2**31 else None


def _handle(number: int) -> int | None:
    """None where the system has no such thing, or there is no such process."""
    with suppress(AttributeError, OSError):
        return os.pidfd_open(number)
    return None


def _owner(number: int) -> int | None:
    """The real user; the owner of its files may be root."""
    with suppress(OSError, StopIteration, ValueError):
        if not (_PROC / "self/stat").exists():
            return int(_ps("ruid", number))
        lines = (_PROC / str(number) / "status").read_text(errors="replace").splitlines()
        return int(next(line for line in lines if line.startswith("Uid:")).split()[1])
    return None


def _words(number: int) -> list[str]:
    """Its command line."""
    if not (_PROC / "self/stat").exists():
        return _ps("command", number).split()
    with suppress(OSError):
        return [os.fsdecode(word) for word in (_PROC / str(number) / "cmdline").read_bytes().split(b"\0")[:-1]]
    return []


def _is_told_of(number: int, output_dir: Path) -> bool:
    """Whether it is a command of Northstar's with that folder among its words."""
    words = _words(number)
    program = {Path(word).name for word in words[:4]}
    if not (program & {"ns", "northstar"} and {"eval", "judge"} & set(words)) and WORKER not in program:
        return False
    home = Path("/")
    with suppress(OSError):
        home = (_PROC / str(number) / "cwd").readlink()
    paths = [home / Path(_OPTION.sub("", word)).expanduser() for word in words if word]
    return any(_is_within(path, output_dir) for path in paths if path.exists())


def _holds_a_lock_in(number: int, output_dir: Path) -> bool:
    """Whether it has one of the folder's locks open: so has every run, also one of a notebook or a program."""
    with suppress(OSError):
        for file in (_PROC / str(number) / "fd").iterdir():
            with suppress(OSError):
                target = file.readlink()
                if target.name.endswith(".lock") and _is_within(target, output_dir):
                    return True
    return False


def _is_within(path: Path, folder: Path) -> bool:
    with suppress(OSError, RuntimeError):
        return path.resolve().is_relative_to(folder.resolve())
    return False


def _ps(field: str, number: int) -> str:
    """Where there is no /proc (macOS); '' where there is no such process."""
    with suppress(OSError, subprocess.TimeoutExpired):
        command = ["ps", "-ww", "-o", f"{field}=", "-p", str(number)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PS_SECONDS).stdout.strip()
    return ""
