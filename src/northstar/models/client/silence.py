"""Recognises a gateway that cuts connections which are silent for so long: two cuts, at different times, alike."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

SHORTEST_SECONDS = 5.0
"""Shorter ones have other causes."""
ALIKE_SECONDS, ALIKE_SHARE = 0.5, 0.01
"""How much two silences may differ: seconds, and as a share."""
OF_GATEWAYS = frozenset((408, 502, 503, 504, 520, 522, 524))
"""Statuses that gateways answer with in the server's place."""


class _Cut(NamedTuple):
    seconds: float
    when: float


class Silences:
    """The cuts and answers of one client. Requests that end together, as a server dies, are one event."""

    def __init__(self) -> None:
        self._cuts: deque[_Cut] = deque(maxlen=32)
        self._longest_answered = 0.0

    def answered(self, seconds: float) -> None:
        """Note an answer that came after such a silence: no gateway cuts at less."""
        self._longest_answered = max(self._longest_answered, seconds)

    def cut(self, seconds: float, when: float) -> bool:
        """Note a request that was cut; return whether an earlier one was cut after the same silence.

        Args:
            seconds: How long the server had been silent.
            when: The time of the cut, of a clock that is the same each time.
        """
        if seconds < SHORTEST_SECONDS or seconds <= self._longest_answered:
            return False
        alike = max(ALIKE_SECONDS, ALIKE_SHARE * seconds)
        found = any(abs(each.seconds - seconds) <= alike < abs(each.when - when) for each in self._cuts)
        self._cuts.append(_Cut(seconds, when))
        return found
