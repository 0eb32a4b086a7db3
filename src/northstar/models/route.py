"""Where requests go, which may change while they wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

Tokens = Callable[[int], None]
"""Called with the generated tokens of an answer."""


def _nobody_counts(tokens: int) -> None:
    del tokens


_UNCOUNTED: AbstractAsyncContextManager[Tokens] = nullcontext(_nobody_counts)


class Route(Protocol):
    """Where one conversation's requests go: to one of several servers, which may restart."""

    async def address(self) -> str:
        """Return the address, up to and including /v1, waiting for a server. Raises ServerUnusable if there is none."""

    def sending(self) -> AbstractAsyncContextManager[Tokens]:
        """Surround one request to that address; what it yields is told the tokens of its answer.

        Raises:
            TryFailed: On leaving it, where the server was found gone while the request was on its way.
        """

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

    def sending(self) -> AbstractAsyncContextManager[Tokens]:
        return _UNCOUNTED

    async def lost(self) -> bool:
        return False

    def close(self) -> None:
        pass
