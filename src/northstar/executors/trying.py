"""Checks for entries of a cluster config."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from northstar.core.errors import NorthstarError
from northstar.jobs.executor import Finding

SECONDS = 60.0
"""Timeout of a checked program."""


def tried(text: str, call: Callable[[], object]) -> Finding:
    """Check that the call raises no NorthstarError."""
    try:
        call()
    except NorthstarError as error:
        return Finding(False, str(error))
    return Finding(True, text)


def ran(text: str, argv: list[str]) -> Finding:
    """Check that the program exits with status 0."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(False, f"{text}: {getattr(error, 'strerror', None) or 'no answer'}")
    last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return Finding(done.returncode == 0, text if done.returncode == 0 else f"{text}: {last}")


def says(text: str, argv: list[str], wanted: str) -> Finding:
    """Check that the program prints `wanted`."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Finding(False, f"{text}: there is no {argv[0]}")
    ok = wanted in done.stdout + done.stderr
    return Finding(ok, text if ok else f"{text.replace('knows', 'does not know')}; is the plugin installed?")
