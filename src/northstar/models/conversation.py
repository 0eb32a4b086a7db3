"""The requests of one sample, which go to the same server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from northstar.models.counts import ClientCounts
from northstar.models.endpoint import Endpoint
from northstar.models.failures import Refused
from northstar.models.reply.response import Completion
from northstar.models.route import Route
from northstar.models.streams.stream import Pace


class Client(Protocol):
    """What a conversation needs of its client."""

    endpoint: Endpoint
    counts: ClientCounts
    template_path: str | None

    async def ask(self, body: Mapping[str, Any], route: Route) -> Answer:
        """Request a completion."""

    async def post(
        self, route: Route, path: str, body: Mapping[str, Any], patience: Patience | None = None
    ) -> tuple[int, bytes]:
        """POST to another path below the server's root."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion with the Unix times at which its (last) request was sent and answered. pace: of a streamed one."""

    completion: Completion
    started: float
    ended: float
    pace: Pace | None = None


@dataclass(frozen=True)
class Patience:
    """How long to try a request that is optional; `seconds` per try, not counting the wait before it is sent."""

    seconds: float = 10
    retries: int = 2


class Conversation:
    """Requests that belong together and go to one server as long as it lives."""

    def __init__(self, client: Client, route: Route) -> None:
        self.client = client
        self._route = route

    @property
    def endpoint(self) -> Endpoint:
        return self.client.endpoint

    async def ask(self, body: Mapping[str, Any]) -> Answer:
        """Request a completion."""
        with self._counted():
            return await self.client.ask(body, self._route)

    async def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """POST to another path below the server's root."""
        with self._counted():
            return await self.client.post(self._route, path, body)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a request as under way during the block, for the progress display."""
        number, heard = self.client.counts.begin(), False
        try:
            yield
            heard = True
        except Refused:
            heard = True
            raise
        finally:
            self.client.counts.end(number, heard=heard)

    async def look_up(self, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Post as `post` does, but with less patience, for requests that are optional."""
        return await self.client.post(self._route, path, body, Patience())
