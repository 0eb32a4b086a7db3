"""The gate in front of a server: requests wait there, in line, until the pace lets them go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from northstar.core.text import duration
from northstar.models.client.limits import asked_to_wait, read_limits
from northstar.models.client.pace import Pace, Sent
from northstar.models.failures import ServerUnusable

LIMITED = 429
LONGEST_LIMITED = 3600.0
"""Seconds for which a server may refuse everything, or ask to be left alone, before the run ends."""
REFUSED_ALONE = 10
"""Times that a limit refuses one request while ten times as many are answered, until that is no bad luck."""


class Gate:
    """Each request enters, leaves when it is over, and tells what the server said."""

    def __init__(self) -> None:
        self.pace = Pace()
        self._line = asyncio.Lock()  # first come, first served
        self._news = asyncio.Event()
        self._closed: ServerUnusable | None = None

    async def enter(self) -> Sent:
        """Wait for the turn. Raises ServerUnusable once the gate is closed."""
        if self._closed is None and not self._line.locked() and self.pace.wait() <= 0:
            return self.pace.send()
        self.pace.waiting += 1
        try:
            async with self._line:
                while self._closed is None and (seconds := self.pace.wait()) > 0:
                    self._news.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(seconds):
                            await self._news.wait()
                if self._closed is not None:
                    raise ServerUnusable(str(self._closed))
                return self.pace.send()
        finally:
            self.pace.waiting -= 1

    def leave(self) -> None:
        """A request is over, however it ended."""
        self.pace.end()
        self._news.set()

    def close(self, reason: ServerUnusable) -> ServerUnusable:
        """Nothing more goes through; those in line are told why."""
        self._closed = reason
        self._news.set()
        return reason

    def heard(self, sent: Sent, status: int, headers: Mapping[str, str]) -> None:
        """What the server's answer to a request says about its limits."""
        if status == LIMITED:
            self.pace.refuse(sent, asked_to_wait(headers), read_limits(headers))
        else:
            self.pace.take(sent, read_limits(headers))

    def hopeless(self) -> str:
        """Why waiting for the rate limit makes no sense; '' while it does."""
        if self.pace.hold > LONGEST_LIMITED:
            return f"wants no request for {duration(self.pace.hold)}"
        if self.pace.starving > LONGEST_LIMITED:
            return f"has refused everything for {duration(self.pace.starving)} by its rate limit"
        return ""


class Gates:
    """A gate for each address, since each server has limits of its own; seen together as the pace of one is."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self._closed: ServerUnusable | None = None

    def at(self, address: str) -> Gate:
        """Return the gate in front of an address."""
        if (gate := self._gates.get(address)) is None:
            gate = self._gates[address] = Gate()
            if self._closed is not None:
                gate.close(self._closed)
        return gate

    def close(self, reason: ServerUnusable) -> ServerUnusable:
        """Nothing more goes through any of them."""
        self._closed = reason
        for gate in self._gates.values():
            gate.close(reason)
        return reason

    @property
    def refused(self) -> int:
        return sum(gate.pace.refused for gate in self._gates.values())

    @property
    def in_flight(self) -> int:
        return sum(gate.pace.in_flight for gate in self._gates.values())

    @property
    def waiting(self) -> int:
        return sum(gate.pace.waiting for gate in self._gates.values())

    @property
    def slowed(self) -> str:
        """For a display: how limits slow the work down; '' if they don't."""
        slowed = [text for gate in self._gates.values() if (text := gate.pace.slowed)]
        more = f" (and {len(slowed) - 1} more servers')" if len(slowed) > 1 else ""
        return slowed[0] + more if slowed else ""


class RefusedAlone:
    """Tells a request that the rate limit lets nobody send, as one of too many tokens, from one that has bad luck.

    answered: requests of all that were answered when this one began.
    """

    def __init__(self, answered: int) -> None:
        self._answered = answered
        self._times = 0

    def once_more(self, answered: int) -> bool:
        """It was refused again, and so many were answered until now: has that become more than bad luck?"""
        self._times += 1
        return self._times >= REFUSED_ALONE and answered - self._answered >= 10 * REFUSED_ALONE
