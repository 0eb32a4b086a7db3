"""How many files this process may have open, and so how many connections: each is one."""

from __future__ import annotations

import errno
import resource
from contextlib import suppress
from pathlib import Path

from northstar.core.errors import NorthstarError

WANTED = 65536
_USUAL = 1024
TOO_MANY = (errno.EMFILE, errno.ENFILE)
KEPT = 64
"""For what comes and goes beside the connections: outputs that are written, grading processes, programs."""


def raise_limit() -> None:
    """512 connections and a journal a seed need more open files than the usual 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # it stays as it is, and `connections` goes by that
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections(clients: int) -> int | None:
    """How many connections each of so many clients may have, by the files that are open now; None: no limit is near.

    Raises NorthstarError where there is no room for one.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= WANTED:
        return None
    now = open_now()
    each = (limit - now - KEPT) // clients
    if each < 1:
        raise NorthstarError(
            f"this machine allows a process {limit_words()}; {now} are open, and {KEPT} more and one for each request "
            f"are needed. Raise that limit: ulimit -n {_USUAL}, in the shell that runs this."
        )
    return each


def open_now() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def why(error: OSError) -> str:
    """An error of opening a file in words; where there are too many, with what helps."""
    advice = "; raise the limit by ulimit -n, or ask for fewer seeds at once" if error.errno in TOO_MANY else ""
    return f"{error.strerror}{advice}"


def limit_words() -> str:
    """'256 open files (ulimit -n)'."""
    return f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]} open files (ulimit -n)"
