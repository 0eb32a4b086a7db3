"""What one server has to do, and how fast it does it, by the answers that it has given."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple

from northstar.core.clock import monotonic

LEAST_MEMORY = 16.0
"""Answers after which an older one counts 1/e, at least; else twice as many as are under way."""


class Begun(NamedTuple):
    """A request on its way: since when, and the request-seconds that its server had spent by then."""

    at: float
    spent: float


class Load:
    """The requests under way at one server. clock: seconds, as monotonic."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.under_way = 0
        self.last_answer = -math.inf
        """When the last answer with tokens came."""
        self.cuttable: set[asyncio.Timeout] = set()
        """Around requests that end once the server is found gone."""
        self._clock = clock
        self._spent = 0.0
        self._counted_until = 0.0
        self._work = 0.0
        self._seconds = 0.0

    def begin(self) -> Begun:
        """A request is sent."""
        self._count()
        self.under_way += 1
        return Begun(self._counted_until, self._spent)

    def end(self, begun: Begun, tokens: int) -> None:
        """It is over, with so many tokens; 0 where there was no answer, which says nothing of the speed."""
        self._count()
        seconds = self._counted_until - begun.at
        if tokens and seconds > 0:
            beside = (self._spent - begun.spent) / seconds  # how many were under way, on average, while it was
            fade = math.exp(-1 / max(LEAST_MEMORY, 2 * beside))
            self._work = self._work * fade + tokens * beside
            self._seconds = self._seconds * fade + seconds
            self.last_answer = self._counted_until
        self.under_way -= 1

    def cut(self) -> None:
        """End all requests under way: nobody will answer them."""
        now = asyncio.get_running_loop().time()
        for limit in self.cuttable:
            limit.reschedule(now)

    @property
    def tokens_per_second(self) -> float | None:
        """Of all its requests together: each answer's own speed times the number beside it; None before the first."""
        return self._work / self._seconds if self._seconds else None

    def _count(self) -> None:
        now = self._clock()
        self._spent += self.under_way * (now - self._counted_until)
        self._counted_until = now
