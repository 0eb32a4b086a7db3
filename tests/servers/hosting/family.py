"""A program that starts others, one of which leaves it as a daemon does; and whether they still run."""

from __future__ import annotations

from pathlib import Path

from tests.waiting import wait_for

# Writes its own process id and those of what it starts: a child, and a daemon that left its session and its parent.
FAMILY = """
import os, signal, sys, time
def note(name):
    with open(f"{sys.argv[1]}/{name}", "w") as file: file.write(str(os.getpid()))
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid(); note("daemon"); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
    os._exit(0)
if os.fork() == 0:
    note("child"); time.sleep(600)
note("server")
time.sleep(600)
"""
NAMES = ("server", "child", "daemon")


def alive(pid: int) -> bool:
    """Whether it runs; one that is only not yet reaped doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def family(folder: Path) -> dict[str, int]:
    """The process ids, once all are there."""
    assert wait_for(lambda: all((folder / name).exists() and (folder / name).read_text() for name in NAMES))
    return {name: int((folder / name).read_text()) for name in NAMES}


def all_gone(pids: dict[str, int]) -> bool:
    return wait_for(lambda: not any(alive(pid) for pid in pids.values()))
