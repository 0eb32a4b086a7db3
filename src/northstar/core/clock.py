"""Northstar's clocks, and what each is for. No other module reads one, but those that run without Northstar.

- `monotonic`: how long something takes, and until when to wait. Means nothing in another process.
- `thread_time`: how much of a processor this thread has used, to bound a computation alike on a busy machine.
- `now`: when something happened, for records. Unix seconds that never run backwards within a process.
- `wall`: what this machine believes the time is, to compare with a file's time or with another machine's.
- `utc_text`, `utc_stamp`: times for people and for file names.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

monotonic = time.monotonic
thread_time = time.thread_time

_ahead = time.time() - time.monotonic()


def now() -> float:
    """Return Unix seconds: follow a clock set forward (after a laptop's sleep), ignore one set back."""
    global _ahead
    _ahead = max(_ahead, time.time() - time.monotonic())
    return _ahead + time.monotonic()


def wall() -> float:
    """Return Unix seconds by this machine's clock, which may be set forward and back."""
    return time.time()


def utc_text(seconds: float | None = None) -> str:
    """Return a time (default: this one) in UTC, to the second.

    >>> utc_text(0)
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(wall() if seconds is None else seconds, UTC).isoformat(timespec="seconds")


def utc_stamp() -> str:
    """Return the time in UTC, to the microsecond, for names in the order of time: '20261127T154600.123456Z'."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
