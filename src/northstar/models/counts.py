"""What a client has seen of its server so far, for the progress display."""

from __future__ import annotations

from dataclasses import dataclass, field

from northstar.core.clock import monotonic


@dataclass(slots=True)
class ClientCounts:
    """Counts of one client. Times are those of core.clock.monotonic.

    Attributes:
        retries: Requests sent again.
        answered: Requests that got an answer.
        heard: When the last answer or refusal arrived.
        waiting: Request number → start time of each request under way, retries included; oldest first.
    """

    retries: int = 0
    answered: int = 0
    last_failure: str = ""
    asked_again: int = 0
    """Requests sent again because their server was gone; not counted as retries."""
    heard: float | None = None
    waiting: dict[int, float] = field(default_factory=dict)
    _begun: int = 0
    _busy: float = 0.0
    _busy_since: float = 0.0

    def begin(self) -> int:
        """Count a request as under way; return its number for `end`."""
        self._begun += 1
        now = monotonic()
        if not self.waiting:
            self._busy_since = now
        self.waiting[self._begun] = now
        return self._begun

    def end(self, number: int, *, heard: bool) -> None:
        """Count a request as over; `heard`: the server answered or refused, rather than failed."""
        del self.waiting[number]
        if not self.waiting:
            self._busy += monotonic() - self._busy_since
        if heard:
            self.heard = monotonic()

    @property
    def busy_seconds(self) -> float:
        """How long any request has been under way."""
        return self._busy + (monotonic() - self._busy_since if self.waiting else 0.0)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest request has been under way; 0 without one."""
        return monotonic() - next(iter(self.waiting.values())) if self.waiting else 0.0
