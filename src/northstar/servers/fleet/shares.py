"""How many of all conversations each server of a fleet has: in proportion to the tokens that it makes a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from northstar.core.clock import monotonic
from northstar.servers.fleet.fleet import Member

EVERY = 1.0
"""Seconds after which shares are worked out anew."""
DAMPING = 0.95
"""Exponent of a speed. A server that isn't full makes tokens in proportion to what it has: with 1 nothing would bring
two such servers back to halves, once chance has moved them apart."""
LEAST = 0.1
"""Of an equal share: what the slowest still has, by which it is seen when it gets faster."""


class SharesBySpeed:
    """Implements Shares, for members that come and go: those that are up share everything."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[Member, int] = {}
        self._of: tuple[int, tuple[Member, ...]] = (0, ())
        self._until = -math.inf

    def __call__(self, members: Sequence[Member], at_once: int) -> dict[Member, int]:
        now, of = self._clock(), (at_once, tuple(member for member in members if member.up))
        if now >= self._until or of != self._of:
            self._known, self._of, self._until = shares_by_speed(of[1], at_once), of, now + EVERY
        return self._known


def shares_by_speed(members: Sequence[Member], at_once: int) -> dict[Member, int]:
    """Return the shares of members that are up; one whose speed isn't known yet counts as the mean of the others."""
    speeds = [member.load.tokens_per_second for member in members]
    known = [speed for speed in speeds if speed]
    mean = sum(known) / len(known) if known else 1.0
    weights = [max((speed or mean) / mean, LEAST) ** DAMPING for speed in speeds]
    total = sum(weights)
    return {member: math.ceil(at_once * weight / total) for member, weight in zip(members, weights, strict=True)}
