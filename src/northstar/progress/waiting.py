"""What a run waits for while there is no news: for how long, for how many requests, and the oldest one's age."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from northstar.core.clock import monotonic
from northstar.core.text import counted, duration
from northstar.engine.counters import Stage

if TYPE_CHECKING:
    from northstar.engine.counters import RunCounters

SILENT_SECONDS = 30.0
"""After this long without news, the run says what it waits for."""
LOOK_SECONDS = 0.5
RARE_SECONDS = 900.0
"""The longest interval between reminders, which start at SILENT_SECONDS and grow."""


class Silence:
    """Measures how long a run has had no news, for callers that look now and then."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def seconds(self, counters: RunCounters) -> float:
        """Return the time since the last answer, grade, line of a server's log or step of the run.

        While the model is asked it is the time since the last answer: grades of others don't hide a dead server.
        """
        if (now := _news(counters)) != self._seen:
            self._seen, self._since = now, self._clock()
        return max(self._clock() - self._since, no_answer_seconds(counters))


class Reminder:
    """Tells when to report a silence: after `first` seconds of it, then after twice as many, and so on."""

    def __init__(self, first: float = SILENT_SECONDS) -> None:
        self._first = self._next = first

    def is_due(self, silent: float) -> bool:
        if silent < self._first:
            self._next = self._first
        if silent < self._next:
            return False
        self._next = silent + min(max(silent, self._first), RARE_SECONDS)
        return True


def no_answer_seconds(counters: RunCounters) -> float:
    """Return how long no answer has come to any request under way, from the oldest one on."""
    requests = counters.requests
    if not requests.waiting:
        return 0.0
    return max(0.0, monotonic() - max(next(iter(requests.waiting.values())), requests.heard or 0.0))


def waiting_for(counters: RunCounters, silent: float) -> str:
    """Return 'no answer for 34 s: 8 requests under way, the oldest for 35 s', or 'nothing new for 34 s'."""
    waits = [_requests(each) for each in (counters, *counters.judging) if each.requests.waiting]
    asking = bool(waits)
    if not waits and counters.stage is Stage.GRADING:
        ungraded = sum(part.to_grade for part in counters.benchmarks.values())
        waits = [f"{counted(ungraded, 'answer')} to grade"]
    what = "no answer" if asking else "nothing new"
    return f"{what} for {duration(silent)}" + (f": {'; '.join(waits)}" if waits else "")


def _requests(counters: RunCounters) -> str:
    """Describe the requests to the model or to a judge; some may wait for a limit, or until they are sent again."""
    under_way = len(counters.requests.waiting)
    what = counted(under_way, "request") + (f" to judge {counters.judge}" if counters.judge else "")
    limited = counters.pace.waiting if counters.pace is not None else 0
    resting = under_way - counters.pace.in_flight - limited if counters.pace is not None else 0
    not_sent = [
        *([f"{limited} held back by the server's rate limit"] if limited else []),
        *([f"{resting} to be sent again"] if resting > 0 else []),
    ]
    details = f" ({', '.join(not_sent)})" if not_sent else ""
    return f"{what} under way{details}, the oldest for {duration(counters.requests.oldest_seconds)}"


def _news(counters: RunCounters) -> object:
    """Return a value that changes whenever there is news."""
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
