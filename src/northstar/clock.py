"""The time of day for records: Unix seconds that never go back while a process lives, whatever is done to its clock."""

from __future__ import annotations

import time

_STARTED = time.time() - time.monotonic()


def now() -> float:
    """Unix seconds, by the machine's clock as it stood when the process began."""
    return _STARTED + time.monotonic()
