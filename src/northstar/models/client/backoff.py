"""How long to wait before a request is sent again."""

from __future__ import annotations

import random
from datetime import UTC
from email.utils import parsedate_to_datetime

from northstar.core.clock import wall

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
LONGEST_RETRY_AFTER = 600.0


def pause_before_retry(attempt: int, retry_after: str | None, rng: random.Random | None = None) -> float:
    """Seconds to wait after the failed attempt number `attempt` (from 0).

    What the server asks for in Retry-After (seconds or an HTTP date to come; at most 10 minutes), with some jitter on
    top so that clients don't come back together; else, or where that is no time at all, exponential backoff with
    jitter between half and the whole of 0.5 s · 2^attempt, at most a minute.
    """
    draw = (rng or random).random()
    asked = retry_after_seconds(retry_after)
    if asked:
        return min(asked, LONGEST_RETRY_AFTER) * (1 + 0.1 * draw)
    return float(min(FIRST_PAUSE * 2.0 ** min(attempt, 30), LONGEST_PAUSE) * (0.5 + 0.5 * draw))


def retry_after_seconds(value: str | None) -> float | None:
    """Seconds from now, of a Retry-After header; None where it says nothing that can be read."""
    value = (value or "").strip()
    if value.replace(".", "", 1).isdigit() and value.isascii():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, when.timestamp() - wall())
