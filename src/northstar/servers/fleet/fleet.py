"""Servers that share the work: each conversation goes to the one with most room, and stays there."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from northstar.core.clock import monotonic
from northstar.models.client.retry import TryFailed
from northstar.models.failures import ServerUnusable
from northstar.models.route import Tokens
from northstar.servers.fleet.load import Load

POLL_SECONDS = 0.1


class Member(ABC):
    """A server of a fleet.

    Attributes:
        up: Whether it answers.
        life: Which of its lives this is, from 1.
        outstanding: Conversations that it has.
        given_up: Why it will never be up again.
        load: Its requests under way, and its speed.
    """

    def __init__(self) -> None:
        self.up = False
        self.life = 0
        self.outstanding = 0
        self.given_up: str | None = None
        self.load = Load()
        self._probing = asyncio.Lock()
        self._probed_at = -math.inf
        self._well = False

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it answers in this life."""

    @abstractmethod
    async def probe(self) -> bool:
        """Whether it answers a health check now."""

    def seems_lost(self) -> None:  # noqa: B027
        """A request to it has failed."""

    async def is_well(self, since: float) -> bool:
        """The answer of a health check that began at `since` or later; one check serves all who wait for it."""
        async with self._probing:
            if self._probed_at < since:
                self._probed_at = monotonic()
                self._well = await self.probe()
            return self._well

    async def lost(self, life: int) -> bool:
        """Whether it has gone since that life of its; waits until that is certain."""
        failed_at = monotonic()
        self.seems_lost()
        while self.up and self.life == life:
            if await self.is_well(failed_at):
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


Shares = Callable[[Sequence[Member], int], Mapping[Member, int]]
"""How many conversations each member may have, of so many at once."""


def equal_shares(members: Sequence[Member], at_once: int) -> dict[Member, int]:
    """As many for each, up or not: one that is down is started again."""
    return dict.fromkeys(members, math.ceil(at_once / len(members)))


class Fleet:
    """Knows which members are up, and waits for one.

    Attributes:
        given_up: Why none will be up again.
    """

    def __init__(self, shares: Shares = equal_shares) -> None:
        self.members: Sequence[Member] = ()
        self.given_up = ""
        self._shares = shares
        self._waiting: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """A member has come up, gone down, been given up on, or has room again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def works(self) -> bool:
        """Whether any member answers."""
        return any(member.up for member in self.members)

    def addresses(self) -> list[str]:
        """Where those that answer are."""
        return [member.address for member in self.members if member.up]

    async def any_up(self) -> None:
        """Wait for the first one."""
        while not self.works():
            await self._change()

    def routes(self, at_once: int) -> Callable[[], FleetRoute]:
        """Makes routes for conversations, of which there are `at_once`: no member takes more than its share."""
        return lambda: FleetRoute(self, at_once)

    async def place(self, at_once: int) -> Member:
        """The member with most room for its share, and one conversation more from now on.

        Waits while none has room. Raises ServerUnusable when all have been given up on.
        """
        while True:
            if reason := self._hopeless():
                raise ServerUnusable(reason)
            if self.works():
                shares = self._shares(self.members, at_once)
                free = [each for each in self.members if each.up and each.outstanding < shares[each]]
                if free:
                    chosen = min(free, key=lambda each: (each.outstanding + 1) / shares[each])
                    chosen.outstanding += 1
                    return chosen
            await self._change()

    def leave(self, member: Member) -> None:
        """A conversation of this member's has ended, or has moved."""
        member.outstanding -= 1
        self.changed()

    def _hopeless(self) -> str:
        reasons = [member.given_up for member in self.members]
        return self.given_up or (reasons[0] or "" if reasons and None not in reasons else "")

    async def _change(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            with suppress(ValueError):
                self._waiting.remove(waiter)


class FleetRoute:
    """Where one conversation's requests go. Implements models.route.Route."""

    def __init__(self, fleet: Fleet, at_once: int) -> None:
        self._fleet = fleet
        self._at_once = at_once
        self._member: Member | None = None
        self._life = 0

    async def address(self) -> str:
        if self._member is not None and not self._member.up:
            self.close()
        if self._member is None:
            self._member = await self._fleet.place(self._at_once)
        self._life = self._member.life
        return self._member.address

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Tokens]:
        assert self._member is not None
        load, tokens = self._member.load, 0

        def count(answered: int) -> None:
            nonlocal tokens
            tokens = answered

        begun = load.begin()
        limit = asyncio.timeout(None)
        try:
            async with limit:
                load.cuttable.add(limit)
                yield count
        except TimeoutError:
            raise TryFailed("the server stopped answering") from None
        finally:
            load.cuttable.discard(limit)
            load.end(begun, tokens)

    async def lost(self) -> bool:
        return self._member is not None and await self._member.lost(self._life)

    def close(self) -> None:
        if self._member is not None:
            self._fleet.leave(self._member)
            self._member = None
