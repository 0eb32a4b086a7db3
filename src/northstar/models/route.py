"""Where requests go, which may change while they wait."""

from __future__ import annotations

from typing import Protocol


class Route(Protocol):
    """Where one conversation's requests go: to one of several servers, which may restart."""

    async def address(self) -> str:
        """Return the address, up to and including /v1, waiting for a server. Raises ServerUnusable if there is none."""

    async def lost(self) -> bool:
        """Return whether the server at the last address is gone, so that a failure is not the request's fault."""

    def close(self) -> None:
        """End the conversation."""


class OneAddress:
    """The route to a server that Northstar does not manage."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def address(self) -> str:
        return self._address

    async def lost(self) -> bool:
        return False

    def close(self) -> None:
        pass
