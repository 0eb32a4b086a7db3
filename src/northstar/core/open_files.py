"""How many files this process may open, and therefore how many connections: each takes one."""

from __future__ import annotations

import errno
import resource
from contextlib import suppress
from pathlib import Path

from northstar.core.errors import NorthstarError

WANTED = 65536
_USUAL = 1024
TOO_MANY = (errno.EMFILE, errno.ENFILE)
RESERVED = 64
"""Descriptors left for everything but connections: outputs, grading processes, sandboxed programs."""


def raise_limit() -> None:
    """Raise the soft limit of open files: 512 connections and a journal per seed exceed the usual 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # on failure the limit stays, and `connections` respects it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections(clients: int) -> int | None:
    """Return how many connections each of `clients` may have given the files open now; None if no limit is near.

    Raises:
        NorthstarError: There is no room for even one connection per client.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= WANTED:
        return None
    now = open_now()
    each = (limit - now - RESERVED) // clients
    if each < 1:
        raise NorthstarError(
            f"this machine allows a process {limit_text()}; {now} are open, and {RESERVED} more and one for each "
            f"request are needed. Raise that limit: ulimit -n {_USUAL}, in the shell that runs this."
        )
    return each


def open_now() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def why(error: OSError) -> str:
    """Describe an error of opening a file; for too many open files, say what helps."""
    advice = "; raise the limit by ulimit -n, or ask for fewer seeds at once" if error.errno in TOO_MANY else ""
    return f"{error.strerror}{advice}"


def limit_text() -> str:
    """Return this process's limit of open files as text: '256 open files (ulimit -n)'."""
    return f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]} open files (ulimit -n)"
