"""Asks a command of this machine, and ends it when it takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from northstar.core.errors import NorthstarError


def answer(argv: Sequence[str], seconds: float) -> str:
    """Return what a command prints.

    Raises:
        NorthstarError: It is not there, fails, or takes longer; it is then ended with all that it started.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise NorthstarError(f"{argv[0]} can't be started: {error.strerror}") from None
    try:
        stdout, stderr = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # a process may hang in its disk
            process.communicate(timeout=0.1)
        raise NorthstarError(f"{argv[0]} did not answer within {seconds:.1f} s") from None
    if process.returncode != 0:
        lines = f"{stderr}\n{stdout}".strip().splitlines() or [f"exit status {process.returncode}"]
        raise NorthstarError(f"{argv[0]}: {lines[-1]}")
    return stdout
