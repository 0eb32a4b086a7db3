"""Asks the servers of a run for their metrics now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from northstar.core.clock import monotonic
from northstar.models.client.http import connected
from northstar.models.client.transport import Transport, Unanswered
from northstar.models.endpoint import Endpoint
from northstar.servers.metrics.load import Reading, load_of, read_load
from northstar.servers.server import ServerState

EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 4.0
MOST_VAIN = 3
"""A server that never said anything is asked so often."""


async def keep_load(
    endpoint: Endpoint, addresses: Sequence[str] | Callable[[], Sequence[str]], state: ServerState
) -> None:
    """Keep `state.load` up to date until cancelled; return if the servers say nothing of their load.

    The key is not sent: these pages need none, and who asks for one there is left alone.

    Args:
        endpoint: Of the first server.
        addresses: Of the servers, up to and including /v1; or what returns those of the ones that are up.
        state: Takes the load; None while no server tells.
    """
    before: dict[str, tuple[float, Reading]] = {}
    vain = 0
    if not addresses:
        return
    async with connected(replace(endpoint, api_key=None)) as transport:
        await asyncio.sleep(EVERY_SECONDS / 5)  # the first requests are on their way by then
        while before or vain < MOST_VAIN:
            asked = addresses() if callable(addresses) else addresses
            found = await asyncio.gather(*(_read(transport, address) for address in asked))
            now = monotonic()
            readings = {address: each for address, each in zip(asked, found, strict=True) if each is not None}
            state.load = load_of(now, readings, before)
            before |= {address: (now, each) for address, each in readings.items()}
            vain += bool(asked and not readings)
            await asyncio.sleep(EVERY_SECONDS)


async def _read(transport: Transport, address: str) -> Reading | None:
    url = address.rstrip("/").removesuffix("/v1") + "/metrics"
    try:
        response = await transport.send("GET", url, None, PATIENCE_SECONDS)
    except Unanswered:
        return None
    return read_load(response.content) if response.status == 200 else None
