"""What a run waits for while nothing new comes: how long, for how many requests, the oldest one's age."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from northstar.core.text import counted, duration
from northstar.engine.counters import Stage

if TYPE_CHECKING:
    from northstar.engine.counters import RunCounters

SILENT_SECONDS = 30.0
"""After so long without anything new, what is waited for is said."""
LOOK_SECONDS = 0.5
RARE_SECONDS = 900.0
"""At first it is said again after as long again, then ever more rarely, down to once in so long."""


class Silence:
    """How long nothing new has come of a run, as far as one who looks now and then can tell."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def seconds(self, counters: RunCounters) -> float:
        """Since the last answer, grade, line of a server's log or step of the run."""
        if (now := _news(counters)) != self._seen:
            self._seen, self._since = now, self._clock()
        return self._clock() - self._since


class Reminder:
    """Says when it is time to speak of a silence: after `first` seconds of it, then after twice as many, and so on."""

    def __init__(self, first: float = SILENT_SECONDS) -> None:
        self._first = self._next = first

    def is_due(self, silent: float) -> bool:
        if silent < self._first:
            self._next = self._first
        if silent < self._next:
            return False
        self._next = silent + min(max(silent, self._first), RARE_SECONDS)
        return True


def waiting_for(counters: RunCounters, silent: float) -> str:
    """'nothing new for 34 s: 8 requests are under way, the oldest for 35 s'."""
    parts = [_requests(each) for each in (counters, *counters.judging) if each.requests.waiting]
    if not parts and counters.stage is Stage.GRADING:
        left = sum(part.to_grade for part in counters.benchmarks.values())
        parts = [f"{counted(left, 'answer')} to grade"]
    return f"nothing new for {duration(silent)}" + (f": {'; '.join(parts)}" if parts else "")


def _requests(counters: RunCounters) -> str:
    """Those to the model or to a judge. Some of them may wait for a limit, or until they are sent again."""
    under_way = len(counters.requests.waiting)
    what = counted(under_way, "request") + (f" to judge {counters.judge}" if counters.judge else "")
    held = counters.pace.waiting if counters.pace is not None else 0
    resting = under_way - counters.pace.in_flight - held if counters.pace is not None else 0
    not_sent = [
        *([f"{held} held back by the server's rate limit"] if held else []),
        *([f"{resting} to be sent again"] if resting > 0 else []),
    ]
    told_apart = f" ({', '.join(not_sent)})" if not_sent else ""
    return f"{what} under way{told_apart}, the oldest for {duration(counters.requests.oldest_seconds)}"


def _news(counters: RunCounters) -> object:
    """Differs from what it was before when anything new has come."""
    return [
        (
            each.doing,
            each.requests.answered,
            each.server.log[-1:],
            len(each.server.restarts),
            sum(part.generated + part.graded for part in each.benchmarks.values()),
        )
        for each in (counters, *counters.judging)
    ]
