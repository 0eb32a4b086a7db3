"""A transport without a network: it answers requests by a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from typing import Any, TypeVar

from northstar.models.client.client import ModelClient
from northstar.models.client.transport import Response, Unanswered
from northstar.models.endpoint import Endpoint
from tests.mock_server import Fault, says

T = TypeVar("T")
ANSWER = says("four")
"""What is answered when the script is over."""


class Scripted:
    """Implements Transport. `requests`: the path and the body of each request, in their order."""

    def __init__(self, script: Iterable[Fault | Unanswered] = (), reply: Callable[[Any], Fault] | None = None) -> None:
        """script: the first answers. reply: makes the later ones of the request's body."""
        self.requests: list[tuple[str, Any]] = []
        self._script = iter(script)
        self._reply = reply or (lambda body: ANSWER)

    async def send(self, method: str, url: str, body: bytes | None, seconds: float, stream: object = None) -> Response:
        asked = json.loads(body) if body else None
        self.requests.append((url.removeprefix("http://server"), asked))
        await asyncio.sleep(0)  # as others are asked meanwhile
        answer = next(self._script, None) or self._reply(asked)
        if isinstance(answer, Unanswered):
            raise answer
        return Response(answer.status, dict(answer.headers), answer.body)

    @property
    def bodies(self) -> list[Any]:
        return [body for _, body in self.requests]


def body(message: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"model": "mock", "messages": [{"role": "user", "content": message}], **fields}


def talk(transport: Scripted, do: Callable[[ModelClient], Awaitable[T]], **options: Any) -> T:
    """What `do` makes of a client whose requests go over that transport."""

    async def both() -> T:
        endpoint = Endpoint(address="http://server/v1", model="mock")
        async with ModelClient(endpoint, transport=nullcontext(transport), **options) as client:
            return await do(client)

    return asyncio.run(both())
