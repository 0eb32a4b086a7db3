"""For tests of the client: retries that take no time."""

from __future__ import annotations

import pytest

from northstar.models.client import pace, retry


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str | None]]:
    """Pauses take no time; those before a retry are listed: (attempt, Retry-After)."""
    asked: list[tuple[int, str | None]] = []

    def instead(attempt: int, retry_after: str | None) -> float:
        asked.append((attempt, retry_after))
        return 0.0

    monkeypatch.setattr(retry, "pause_before_retry", instead)
    monkeypatch.setattr(pace, "pause_before_retry", lambda attempt, retry_after, rng: 0.0)
    return asked
