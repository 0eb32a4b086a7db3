"""What a client has seen of its server so far, for whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class ClientCounts:
    """retries: requests sent again. answered: those that got an answer. heard: when the last answer, or refusal, came.

    waiting: each request that is under way, its retries included, and since when; the oldest first. Times are those of
    time.monotonic.
    """

    retries: int = 0
    answered: int = 0
    last_failure: str = ""
    asked_again: int = 0
    """Requests sent again since their server had gone; no retries of theirs."""
    heard: float | None = None
    waiting: dict[int, float] = field(default_factory=dict)
    _begun: int = 0

    def begin(self) -> int:
        """A request is under way; returns its number for `end`."""
        self._begun += 1
        self.waiting[self._begun] = time.monotonic()
        return self._begun

    def end(self, number: int, *, heard: bool) -> None:
        """It is over. heard: the server said something that counts, and did not just fail."""
        del self.waiting[number]
        if heard:
            self.heard = time.monotonic()

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest request is under way; 0 without one."""
        return time.monotonic() - next(iter(self.waiting.values())) if self.waiting else 0.0
