"""Asking servers for their metrics now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from northstar.models.endpoint import Endpoint
from northstar.servers.metrics import polling
from northstar.servers.server import ServerState
from tests.mock_server import Behaviour, MockServer, serving


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "EVERY_SECONDS", 0.05)


def polled(behaviour: Behaviour, until: Callable[[MockServer, ServerState], bool]) -> tuple[MockServer, ServerState]:
    async def main() -> tuple[MockServer, ServerState]:
        state = ServerState()
        async with serving(behaviour) as server:
            endpoint = Endpoint(address=server.address, model="mock", api_key="sk-secret")
            task = asyncio.create_task(polling.keep_load(endpoint, lambda: [server.address], state))
            while not until(server, state) and not task.done():
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])
            return server, state

    return asyncio.run(asyncio.wait_for(main(), 20))


def test_the_load_is_kept_up_to_date_and_the_key_is_not_sent() -> None:
    pages = ["vllm:num_requests_running 3\nvllm:generation_tokens_total 10\n"]
    pages += ["vllm:num_requests_running 5\nvllm:generation_tokens_total 60\n"] * 1000

    def has_speed(server: MockServer, state: ServerState) -> bool:
        return state.load is not None and bool(state.load.tokens_per_second)

    server, state = polled(Behaviour(metrics=tuple(pages)), has_speed)
    assert state.load is not None
    assert state.load.running == 5
    assert server.metrics_headers
    assert not any("Authorization" in headers for headers in server.metrics_headers)


@pytest.mark.parametrize("pages", [(), ("<html>",) * 9])
def test_a_server_without_metrics_is_not_asked_on(pages: tuple[str, ...]) -> None:
    server, state = polled(Behaviour(metrics=pages), lambda *_: False)
    assert state.load is None
    assert len(server.metrics_headers) == polling.MOST_VAIN
