"""How fast a server lets itself be asked: learnt from its refusals (429), and from what its answers say is left.

Nothing here waits or sends: a Pace is told what happens and says how long the next request has to wait. It has three
brakes; each is off until the server gives cause:

- the hold: after a refusal nothing is sent until the time that the server asks for, or a growing pause, is over;
- the rate: afterwards requests go out at the rate at which it took them until then, or a little below. It grows until
  the next refusal, faster and faster, so that a limit that is lifted is soon forgotten;
- the allowances: of what x-ratelimit-* headers say is left, no more is spent.

The number of requests at once follows: it is the rate times the time that an answer takes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from northstar.core.clock import monotonic
from northstar.models.client.backoff import pause_before_retry
from northstar.models.client.limits import Allowance, Limits

EASE = 0.95
"""Of the rate at which the server took requests before it refused."""
DOUBLING_SECONDS = 60.0
"""The rate is twice as high after so long without a refusal, and 16 times after twice as long: slow where it was right,
fast where it was not."""
FORGET_SECONDS = 5 * DOUBLING_SECONDS
"""After so long without a refusal there is no rate any more."""
MEMORY_SECONDS = 600.0
"""What was sent so long ago counts 1/e of what is sent now."""
CREDIT_SECONDS = 0.05
"""So much of a rate may be caught up with at once: timers are late."""
LONGEST_FOR_OTHERS = 5.0
"""Seconds that are waited, after a refusal, for those of the requests that were sent before it came."""
LONGEST_ALLOWANCE_WAIT = 60.0
"""Then one request is tried, whatever the headers say; if they are right the server refuses it, and says more."""


class Sent(NamedTuple):
    """A request on its way: how many had been sent with it, the spell between two holds it belongs to, and when."""

    number: int
    spell: int
    at: float


class Pace:
    """The pace of one client towards one server. clock: seconds, as monotonic.

    refused: how many requests a limit refused so far. in_flight: requests being worked on. waiting: requests that would
    be sent but for the pace; whoever waits counts them.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, rng: random.Random | None = None) -> None:
        self.refused = 0
        self.in_flight = 0
        self.waiting = 0
        self._clock = clock
        self._rng = rng or random.Random()
        self._sent = 0
        self._spell = 0
        self._taken_in_spell = self._taken = _Taken(clock())
        self._vain_holds = 0
        self._starving_since: float | None = None
        self._hold_ends: float | None = None
        self._rate = math.inf
        self._rate_set = 0.0
        self._last_turn = 0.0
        self._requests = _Bucket()
        self._tokens = _Bucket()
        self._answers = 0
        self._answer_tokens = 0

    def wait(self) -> float:
        """Seconds until the next request may be sent; 0 for now."""
        if self._hold_ends is None and self._rate == math.inf and not self._requests.limit and not self._tokens.limit:
            return 0.0
        now = self._clock()
        if self._hold_ends is not None:
            if now < self._hold_ends:
                return self._hold_ends - now
            self._end_hold(now)
        if now - self._rate_set > FORGET_SECONDS:
            self._rate = math.inf
        by_rate = 0.0 if self._rate == math.inf else self._last_turn + 1 / self._rate_at(now) - now
        return max(0.0, by_rate, self._requests.wait(now, 1.0), self._tokens.wait(now, self._tokens_each))

    def send(self) -> Sent:
        """A request is sent now."""
        now = self._clock()
        self._sent += 1
        self.in_flight += 1
        self._taken_in_spell.add(now)
        if self._taken is not self._taken_in_spell:
            self._taken.add(now)
        if self._rate != math.inf:
            self._last_turn = max(self._last_turn + 1 / self._rate_at(now), now - CREDIT_SECONDS)
        self._requests.spend(now, 1.0)
        self._tokens.spend(now, self._tokens_each)
        return Sent(self._sent, self._spell, now)

    def end(self) -> None:
        """A request is no longer on its way, however it ended."""
        self.in_flight -= 1

    def take(self, sent: Sent, limits: Limits | None) -> None:
        """The server took the request: it gave an answer, or an error of another kind than a limit."""
        self._starving_since = None
        if limits is not None:
            self._hear(sent, limits)

    def count_tokens(self, tokens: int) -> None:
        """An answer cost so many tokens, those of the prompt included."""
        self._answers += 1
        self._answer_tokens += tokens

    def refuse(self, sent: Sent, asked: float | None, limits: Limits | None) -> None:
        """The server refused the request since there were too many. asked: seconds that it wants to be left alone."""
        now = self._clock()
        self.refused += 1
        if self._starving_since is None:
            self._starving_since = now
        if limits is not None:
            self._hear(sent, limits)
        if sent.spell == self._spell:
            self._taken_in_spell.remove()
            if self._taken is not self._taken_in_spell:
                self._taken.remove()
        elif not asked:
            return  # it was sent before the last hold, which has dealt with it
        if asked:
            pause = asked * (1 + 0.1 * self._rng.random())
        else:
            pause = pause_before_retry(self._vain_holds, None, self._rng)
        others = min(1.5 * (now - sent.at), LONGEST_FOR_OTHERS)  # those that are on their way are refused by then
        self._hold_ends = max(self._hold_ends or 0.0, now + max(pause, others))

    @property
    def hold(self) -> float:
        """Seconds until the hold is over; 0 without one."""
        return max(0.0, self._hold_ends - self._clock()) if self._hold_ends is not None else 0.0

    @property
    def starving(self) -> float:
        """Seconds since the server began to refuse everything; 0 while it takes, or works on, anything."""
        if self._starving_since is None or self.in_flight:
            return 0.0
        return self._clock() - self._starving_since

    @property
    def slowed(self) -> str:
        """For a display: how the server's limit slows the work down; '' if it doesn't."""
        if not self.waiting:
            return ""
        if self.hold > 1 and not self.in_flight:
            return f"waiting {math.ceil(self.hold)} s for the server's rate limit"
        if not self.in_flight:
            return "paused by the server's rate limit"
        return f"slowed to {self.in_flight} at once by the server's rate limit"

    def _end_hold(self, now: float) -> None:
        """Set the rate by what the server took since the hold before, the time of this one included."""
        self._vain_holds += 1
        if self._taken_in_spell.count > 0.5:
            self._taken, self._vain_holds = self._taken_in_spell, 0
        # Where nothing was taken, the refusal before goes on; so does the measurement of what was taken before it.
        measured, before = EASE * self._taken.a_second(now), self._rate_at(now)
        # It may have been much less than before; but one short spell is not to be believed in that.
        self._rate = measured if before == math.inf else min(before, max(measured, before / 2))
        self._rate_set, self._last_turn = now, now - 1 / self._rate
        self._spell += 1
        self._taken_in_spell = _Taken(now)
        self._hold_ends = None

    def _rate_at(self, now: float) -> float:
        doublings = min(now - self._rate_set, FORGET_SECONDS) / DOUBLING_SECONDS if self._rate != math.inf else 0.0
        return float(self._rate * 2 ** (doublings**2))

    def _hear(self, sent: Sent, limits: Limits) -> None:
        now, since = self._clock(), self._sent - sent.number
        if limits.requests is not None:
            self._requests.hear(now, sent, limits.requests, spent_since=since)
        if limits.tokens is not None:
            self._tokens.hear(now, sent, limits.tokens, spent_since=since * self._tokens_each)

    @property
    def _tokens_each(self) -> float:
        return self._answer_tokens / self._answers if self._answers else 1.0


class _Taken:
    """How many requests the server took since some time; those of long ago count less."""

    def __init__(self, since: float) -> None:
        self._since = self._last = since
        self.count = 0.0

    def add(self, now: float) -> None:
        """One more, taken unless it is refused. Time without any before the first says nothing of the server."""
        if not self.count:
            self._since = self._last = now
        self.count = self.count * math.exp((self._last - now) / MEMORY_SECONDS) + 1
        self._last = now

    def remove(self) -> None:
        self.count -= 1

    def a_second(self, now: float) -> float:
        """The mean rate until now, more than 0."""
        seconds = MEMORY_SECONDS * (1 - math.exp((self._since - now) / MEMORY_SECONDS))
        count = self.count * math.exp((self._last - now) / MEMORY_SECONDS)
        return max(count, 1.0) / max(seconds, 1e-3)


class _Bucket:
    """An allowance between two answers that tell of it: spent by each request, refilled evenly until its reset.

    The server's own may be refilled evenly, as OpenAI's is, or at once when a window ends; then a request that is sent
    a little early is refused, and the hold does the rest. limit: 0 until it is known.
    """

    def __init__(self) -> None:
        self.limit = 0.0
        self._level = 0.0
        self._refill = 0.0
        self._at = self._touched = 0.0
        self._number = 0

    def hear(self, now: float, sent: Sent, told: Allowance, spent_since: float) -> None:
        """The answer to `sent` told of it; requests sent later spent `spent_since` of it."""
        if sent.number < self._number:
            return
        if told.reset > 0 and told.remaining < told.limit:
            self._refill = (told.limit - told.remaining) / told.reset
        elif told.limit != self.limit:
            self._refill = told.limit / 60
        self.limit, self._number = told.limit, sent.number
        self._level = min(told.limit, told.remaining + self._refill * (now - sent.at)) - spent_since
        self._at = self._touched = now

    def wait(self, now: float, cost: float) -> float:
        """Seconds until `cost` can be spent; 0 or less for now."""
        if not self.limit:
            return 0.0
        short = cost - self._level_at(now)
        if short <= 0:
            return 0.0
        return min(short / self._refill, self._touched + LONGEST_ALLOWANCE_WAIT - now)

    def spend(self, now: float, cost: float) -> None:
        if self.limit:
            self._level = self._level_at(now) - cost
            self._at = self._touched = now

    def _level_at(self, now: float) -> float:
        return min(self.limit, self._level + self._refill * (now - self._at))
