"""How long the GPUs of a server were held, and how much of that it took to start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from northstar.config.plan import ServerPlan
from northstar.core.clock import monotonic, now


@dataclass
class Holding:
    """A server, held. Times: core.clock.monotonic.

    Attributes:
        gpus: Of all nodes; 0 at an address, None where the server takes what it finds.
        since: `began` in Unix seconds, by the clock of records.
    """

    gpus: int | None
    began: float = field(default_factory=monotonic)
    ready: float | None = None
    ended: float | None = None
    since: float = field(default_factory=now)

    def is_ready(self) -> None:
        """The server answers."""
        self.ready = monotonic()

    def facts(self, busy: float) -> dict[str, Any]:
        """For run.json, in seconds; nothing without GPUs. busy: how long any request was under way."""
        if self.gpus == 0:
            return {}
        end = monotonic() if self.ended is None else self.ended
        starting = (self.ready or end) - self.began
        held = end - self.began
        idle = max(0.0, held - starting - busy)
        times = {"seconds": round(held, 1), "starting": round(starting, 1), "idle": round(idle, 1)}
        return {"server_time": {"gpus": self.gpus, "since": round(self.since, 1), **times}}


@asynccontextmanager
async def held(plan: ServerPlan) -> AsyncIterator[Holding]:
    """Time the block, in which the plan's server is held."""
    holding = Holding(0 if plan.runs_already else None if plan.gpus is None else plan.gpus * plan.nodes)
    try:
        yield holding
    finally:
        holding.ended = monotonic()
