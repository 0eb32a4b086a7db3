"""A rate limit as OpenAI's: so many requests and tokens a minute, told in headers, refused with 429."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimit:
    """What is allowed in `seconds`. refill: evenly, as OpenAI's; else all at once when a window of `seconds` ends.

    headers: whether answers tell what is left; retry_after: whether a refusal tells how long to wait.
    """

    requests: int
    seconds: float
    tokens: int = 10**9
    refill: bool = False
    headers: bool = True
    retry_after: bool = True


class Meter:
    """How much of a limit is used."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._left = {"requests": float(limit.requests), "tokens": float(limit.tokens)}
        self._at = time.monotonic()

    def admit(self, tokens: int) -> tuple[bool, dict[str, str]]:
        """Whether a request of so many tokens is let in, and the headers of its answer."""
        self._pass_time()
        costs = {"requests": 1, "tokens": tokens}
        short = {what: cost - self._left[what] for what, cost in costs.items() if self._left[what] < cost}
        if not short:
            for what, cost in costs.items():
                self._left[what] -= cost
        headers = self._told() if self.limit.headers else {}
        if short and self.limit.retry_after:
            waits = [self._seconds_until_more(what, missing) for what, missing in short.items()]
            headers["Retry-After"] = f"{max(waits):.4f}"
        return not short, headers

    def _pass_time(self) -> None:
        now, whole = time.monotonic(), {"requests": self.limit.requests, "tokens": self.limit.tokens}
        passed = (now - self._at) / self.limit.seconds
        if self.limit.refill:
            self._left = {what: min(whole[what], left + passed * whole[what]) for what, left in self._left.items()}
            self._at = now
        elif passed >= 1:
            self._left = {what: float(limit) for what, limit in whole.items()}
            self._at += math.floor(passed) * self.limit.seconds

    def _seconds_until_more(self, what: str, missing: float) -> float:
        if not self.limit.refill:
            return self._at + self.limit.seconds - time.monotonic()
        return missing * self.limit.seconds / (self.limit.requests if what == "requests" else self.limit.tokens)

    def _told(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for what, whole in (("requests", self.limit.requests), ("tokens", self.limit.tokens)):
            told[f"x-ratelimit-limit-{what}"] = str(whole)
            told[f"x-ratelimit-remaining-{what}"] = str(int(self._left[what]))
            told[f"x-ratelimit-reset-{what}"] = _go_duration(self._seconds_until_more(what, whole - self._left[what]))
        return told


def _go_duration(seconds: float) -> str:
    """0.12 → '120ms', 90 → '1m30s', as OpenAI writes them."""
    if seconds < 1:
        return f"{math.ceil(1000 * seconds)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.3f}s" if minutes else f"{rest:.3f}s"
