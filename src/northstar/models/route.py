"""Where requests go, which may change while they wait."""

from __future__ import annotations

from typing import Protocol


class Route(Protocol):
    """Where the requests of one conversation go: to one of several servers, in whichever of its lives it is."""

    async def address(self) -> str:
        """Up to and including /v1; waits while no server is up. Raises ServerUnusable when there won't be one."""

    async def lost(self) -> bool:
        """Whether the server at the last address has gone, so that a failure there is none of the request's.

        Raises Suspected once it has gone so often that the request may be why.
        """

    def answered(self) -> None:
        """The server there has answered a request."""

    def close(self) -> None:
        """The conversation is over."""


class NewRoute(Protocol):
    """Makes the route of a conversation. trial: of one that was Suspected before, and is asked once more."""

    def __call__(self, *, trial: bool = False) -> Route: ...


class OneAddress:
    """The route to a server that nobody looks after here."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def address(self) -> str:
        return self._address

    async def lost(self) -> bool:
        return False

    def answered(self) -> None:
        pass

    def close(self) -> None:
        pass
