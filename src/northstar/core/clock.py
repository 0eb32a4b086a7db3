"""A wall clock for records that never runs backwards within a process."""

from __future__ import annotations

import time

_ahead = time.time() - time.monotonic()


def now() -> float:
    """Return Unix seconds: follow a clock set forward (after a laptop's sleep), ignore one set back."""
    global _ahead
    _ahead = max(_ahead, time.time() - time.monotonic())
    return _ahead + time.monotonic()
