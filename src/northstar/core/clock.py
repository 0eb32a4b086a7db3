"""The time of day for records: Unix seconds that never go back while a process lives, whatever is done to its clock."""

from __future__ import annotations

import time

_ahead = time.time() - time.monotonic()


def now() -> float:
    """Unix seconds. A clock that is set forward, as after a laptop's sleep, is followed; one set back is not."""
    global _ahead
    _ahead = max(_ahead, time.time() - time.monotonic())
    return _ahead + time.monotonic()
