"""Finds the process of a local run on record, safely: process numbers are reused, and others may write the record.

A process is signalled only if it belongs to this user, started when the record says, and visibly works on the folder.
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
    """Return 'host:process', the id of jobs that this process runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_process_id(text: str) -> bool:
    """Return whether a text has the form 'host:process'."""
    return _ID.fullmatch(text) is not None


def began(number: int) -> str:
    """Return a process's start time, unique on this machine even after a reboot; '' if there is no such process."""
    if (_PROC / "self/stat").exists():
        with suppress(OSError, IndexError):
            ticks = (_PROC / str(number) / "stat").read_text(errors="replace").rpartition(")")[2].split()[19]
            return f"{(_PROC / 'sys/kernel/random/boot_id').read_text().strip()} {ticks}"
        return ""
    return _ps("lstart", number)


def is_there(process: str, since: str) -> bool:
    """Return whether the process of that id, started at `since` ('': unknown), still runs on this machine."""
    number = _number(process)
    return number is not None and (began(number) == since if since else began(number) != "")


@dataclass(frozen=True)
class OwnProcess:
    """A run of this user on this machine. handle: a pidfd, safe against reuse of the number; None: not supported."""

    number: int
    handle: int | None

    def end(self) -> bool:
        """Send SIGTERM; return False if the process has already ended."""
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
    """Find the run that `file` records as `process`; None if it has ended. Sends no signal.

    Raises:
        NorthstarError: It runs on another machine, or the process can't be confirmed to be that run.
    """
    number = _number(process)
    host = process.rpartition(":")[0]
    if number is None:
        raise NorthstarError(f"{file} names {process!r}, which is not a process that ns cancel can end.")
    if host != socket.gethostname():
        raise NorthstarError(f"process {number} runs on {host}; ns cancel ends it there.")
    handle = _handle(number)  # stays with this process even if its number is reused
    try:
        yield OwnProcess(number, handle) if _is_run(number, since, output_dir, file) else None
    finally:
        if handle is not None:
            os.close(handle)


def _is_run(number: int, since: str, output_dir: Path, file: Path) -> bool:
    """Return False if the run has ended. Raises NorthstarError if the process may be a different one."""
    now, owner = began(number), _owner(number)
    if not now or owner is None or (since and now != since):
        return False
    if owner != os.getuid():
        raise NorthstarError(f"process {number} belongs to another user; only that user can end it.")
    if not since:
        raise NorthstarError(
            f"{file} does not say when process {number} began, so the number may have been reused; if it is the run, "
            f"end it by kill {number}."
        )
    if not (_names_folder(number, output_dir) or _holds_a_lock_in(number, output_dir)):
        raise NorthstarError(
            f"process {number}, which {file} names, does not seem to work on {output_dir}: its command is "
            f"'{' '.join(_argv(number))[:200]}'."
        )
    return True


def _number(process: str) -> int | None:
    """Return the process number of an id; None for 0 and 1, which are never a run."""
    found = _ID.fullmatch(process)
    number = int(found["number"]) if found else 0
    return number if 1 < number < 2**31 else None


def _handle(number: int) -> int | None:
    """Return a pidfd; None if the system has none, or there is no such process."""
    with suppress(AttributeError, OSError):
        return os.pidfd_open(number)
    return None


def _owner(number: int) -> int | None:
    """Return the real user id; the owner of its /proc files may be root."""
    with suppress(OSError, StopIteration, ValueError):
        if not (_PROC / "self/stat").exists():
            return int(_ps("ruid", number))
        lines = (_PROC / str(number) / "status").read_text(errors="replace").splitlines()
        return int(next(line for line in lines if line.startswith("Uid:")).split()[1])
    return None


def _argv(number: int) -> list[str]:
    if not (_PROC / "self/stat").exists():
        return _ps("command", number).split()
    with suppress(OSError):
        return [os.fsdecode(argument) for argument in (_PROC / str(number) / "cmdline").read_bytes().split(b"\0")[:-1]]
    return []


def _names_folder(number: int, output_dir: Path) -> bool:
    """Return whether it is a Northstar command with that folder among its arguments."""
    argv = _argv(number)
    program = {Path(argument).name for argument in argv[:4]}
    if not (program & {"ns", "northstar"} and {"eval", "judge"} & set(argv)) and WORKER not in program:
        return False
    home = Path("/")
    with suppress(OSError):
        home = (_PROC / str(number) / "cwd").readlink()
    paths = [home / Path(_OPTION.sub("", argument)).expanduser() for argument in argv if argument]
    return any(_is_within(path, output_dir) for path in paths if path.exists())


def _holds_a_lock_in(number: int, output_dir: Path) -> bool:
    """Return whether it holds a lock file of the folder open, as every run does, in a notebook too."""
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
    """Ask ps, where there is no /proc (macOS); '' if there is no such process."""
    with suppress(OSError, subprocess.TimeoutExpired):
        command = ["ps", "-ww", "-o", f"{field}=", "-p", str(number)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PS_SECONDS).stdout.strip()
    return ""
