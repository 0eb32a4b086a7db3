"""Where requests go, which may change while they wait."""

from __future__ import annotations

from typing import Protocol


class Route(Protocol):
    """Where the requests of one conversation go: to one of several servers, in whichever of its lives it is."""

    async def address(self) -> str:
        """Up to and including /v1; waits while no server is up. Raises ServerUnusable when there won't be one."""

    async def lost(self) -> bool:
        """Whether the server at the last address has gone, so that a failure there is none of the request's."""

    def close(self) -> None:
        """The conversation is over."""


class OneAddress:
    """The route to a server that nobody looks after here."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def address(self) -> str:
        return self._address

    async def lost(self) -> bool:
        return False

    def close(self) -> None:
        pass
