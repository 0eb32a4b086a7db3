"""Looks at this machine: its Python, cores, memory, open files and disks."""

from __future__ import annotations

import importlib.util
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from northstar.core.cores import cores
from northstar.core.open_files import WANTED
from northstar.core.text import counted
from northstar.doctor.check import Check, Look
from northstar.executors.code import NEEDED
from northstar.version import __version__

OLDEST_PYTHON = (3, 11)
_GIB = 2**30
LITTLE_MEMORY, LITTLE_DISK, NO_DISK = 2 * _GIB, 10 * _GIB, _GIB // 2
"""Memory for the run and its graders; disk for a run's results, and too little even for a journal."""
FEW_FILES = 2048
"""512 requests, a journal for each seed, graders and programs."""


def python(_: float) -> list[Check]:
    """Return the interpreter, and the packages of Northstar that it lacks."""
    version = platform.python_version()
    names = [name.strip() for name in NEEDED.split(",")]
    lacks = [name for name in names if importlib.util.find_spec(name) is None]
    details = {"version": version, "interpreter": sys.executable, "northstar": __version__, "lacks": lacks}
    text = f"{version}, {sys.executable}; Northstar {__version__}"
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return [Check("python", "fail", f"{text}: too old", f"Install Python {oldest} or later.", details)]
    if lacks:
        todo = f"{sys.executable} -m pip install northstar"
        return [Check("python", "fail", f"{text}: lacks {', '.join(lacks)}", todo, details)]
    return [Check("python", "ok", text, details=details)]


def memory(_: float) -> list[Check]:
    """Return the cores that this process may use, and its memory."""
    free, whole = free_memory(Path("/proc/meminfo"), Path("/sys/fs/cgroup"))
    details = {"cores": cores(), "free_bytes": free, "bytes": whole}
    if free is None or whole is None:
        return [Check("memory", "ok", f"{counted(cores(), 'core')}; this system doesn't say its memory", "", details)]
    text = f"{counted(cores(), 'core')}; {gib(free)} of {gib(whole)} memory free"
    if free < LITTLE_MEMORY:
        todo = f"Close something: graders and programs want {gib(LITTLE_MEMORY)}, or set ++grading_workers=1."
        return [Check("memory", "warn", text, todo, details)]
    return [Check("memory", "ok", text, "", details)]


def free_memory(meminfo: Path, cgroup: Path) -> tuple[int | None, int | None]:
    """Return free and whole memory in bytes, of the control group where that has less; None if not told."""
    try:
        lines = [line.split() for line in meminfo.read_text().splitlines()]
    except OSError:
        return None, None
    told = {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if len(line) >= 2 and line[1].isdecimal()}
    free, whole = told.get("MemAvailable"), told.get("MemTotal")
    try:
        most = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):  # 'max' is no number: no limit
        return free, whole
    if free is None or whole is None or most >= whole:
        return free, whole
    return min(free, most - used), most


def open_files(_: float) -> list[Check]:
    """Return how many files a run may open: each request in flight takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    reached = max(most, soft) if soft != resource.RLIM_INFINITY else WANTED
    details = {"soft": soft, "hard": hard, "reached": reached}
    text = f"a run may have {reached:,} open files"
    if reached < FEW_FILES:
        todo = f"Raise the hard limit to {FEW_FILES} or more (ulimit -Hn, /etc/security/limits.conf)."
        return [Check("open files", "warn", f"{text}, so fewer requests at once", todo, details)]
    return [Check("open files", "ok", text, "", details)]


def disks(folders: Sequence[tuple[str, Path]]) -> list[Look]:
    """Return a look at the disk of each folder, (what for, folder): one that hangs doesn't keep the others."""
    return [Look("disk", partial(_disk, what, folder)) for what, folder in folders]


def usual_folders(data_dir: Path) -> list[tuple[str, Path]]:
    """Return the folders that a run writes to."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return [
        ("results", Path.cwd()),
        ("prepared rows", data_dir),
        ("the hub's files", Path(HF_HUB_CACHE)),
        ("temporary files", Path(tempfile.gettempdir())),
    ]


def _disk(what: str, folder: Path, _: float) -> list[Check]:
    return disk(what, folder)


def disk(what: str, folder: Path) -> list[Check]:
    """Return whether a folder, or the nearest one above it that is there, can be written, and its free space."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    details = {"for": what, "folder": str(folder), "free_bytes": free, "writable": os.access(there, os.W_OK | os.X_OK)}
    text = f"{gib(free)} free for {what} in {folder}"
    if not details["writable"]:
        todo = f"Make {there} writable, or work in another folder."
        return [Check("disk", "warn", f"{what}: {there} can't be written", todo, details)]
    if free < NO_DISK:
        return [Check("disk", "fail", text, "Make room, or work in another folder.", details)]
    if free < LITTLE_DISK:
        return [Check("disk", "warn", text, "Make room: long answers of many seeds take some GiB.", details)]
    return [Check("disk", "ok", text, "", details)]


def gib(size: int) -> str:
    """Format a size in GiB.

    >>> gib(3 * 2**30), gib(2**28)
    ('3.0 GiB', '0.2 GiB')
    """
    return f"{size / _GIB:,.1f} GiB" if size < 100 * _GIB else f"{size / _GIB:,.0f} GiB"
