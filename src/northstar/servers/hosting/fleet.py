"""The replicas of one server: each conversation goes to the one with the least to do, and stays there."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import suppress

from northstar.models.failures import ServerUnusable
from northstar.servers.hosting.replica import Replica


class Fleet:
    """Knows which replicas are up, and waits for one."""

    def __init__(self) -> None:
        self.replicas: Sequence[Replica] = ()
        self._waiting: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """A replica has come up, gone down, been given up on, or has room again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def works(self) -> bool:
        """Whether any replica answers."""
        return any(replica.up for replica in self.replicas)

    def addresses(self) -> list[str]:
        """Where those that answer are."""
        return [replica.launch.endpoint.address for replica in self.replicas if replica.up]

    async def any_up(self) -> None:
        """Wait for the first one."""
        while not self.works():
            await self._change()

    def routes(self, at_once: int) -> Callable[[], FleetRoute]:
        """Makes routes for conversations, of which there are `at_once`: no replica takes more than its share."""
        share = math.ceil(at_once / len(self.replicas))
        return lambda: FleetRoute(self, share)

    async def place(self, share: int) -> Replica:
        """The replica with the least to do, and one conversation more from now on.

        Waits while none has room. Raises ServerUnusable when all have been given up on.
        """
        while True:
            if all(replica.given_up is not None for replica in self.replicas):
                raise ServerUnusable(self.replicas[0].given_up or "")
            free = [replica for replica in self.replicas if replica.up and replica.outstanding < share]
            if free:
                chosen = min(free, key=lambda replica: replica.outstanding)
                chosen.outstanding += 1
                return chosen
            await self._change()

    def leave(self, replica: Replica) -> None:
        """A conversation of this replica's has ended, or has moved."""
        replica.outstanding -= 1
        self.changed()

    async def _change(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            with suppress(ValueError):
                self._waiting.remove(waiter)


class FleetRoute:
    """Where one conversation's requests go. Implements models.client.Route."""

    def __init__(self, fleet: Fleet, share: int) -> None:
        self._fleet = fleet
        self._share = share
        self._replica: Replica | None = None
        self._life = 0

    async def address(self) -> str:
        if self._replica is not None and not self._replica.up:
            self.close()
        if self._replica is None:
            self._replica = await self._fleet.place(self._share)
        self._life = self._replica.life
        return self._replica.launch.endpoint.address

    async def lost(self) -> bool:
        return self._replica is not None and await self._replica.lost(self._life)

    def close(self) -> None:
        if self._replica is not None:
            self._fleet.leave(self._replica)
            self._replica = None
