"""Streamed answers: the same records, asked again where they are cut, learnt where nothing else is given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from aiohttp import web

from northstar.config.settings import InferenceSettings
from northstar.models.client import body as bodies
from northstar.models.client import silence
from northstar.models.client.client import ModelClient
from northstar.models.client.silence import Silences
from northstar.models.endpoint import Endpoint
from northstar.models.failures import GaveUp, ServerUnusable
from northstar.models.request import chat_body, text_body
from northstar.models.responses.request import responses_body
from tests.mock_server import Behaviour, MockServer, serving

T = TypeVar("T")
GOOD = Behaviour(tokens=30)
MESSAGES = [{"role": "user", "content": "What is 2 + 3?"}]


def asked_for(stream: Any, endpoint: str = "chat", **more: Any) -> dict[str, Any]:
    inference = InferenceSettings(stream=stream)
    if endpoint == "text":
        return text_body("mock", "What is 2 + 3?", inference, 0)
    chat = chat_body("mock", MESSAGES, inference, 0)
    return (responses_body(chat, "http://server/v1") if endpoint == "responses" else chat) | more


def talk(behaviour: Behaviour, do: Callable[[ModelClient, MockServer], Awaitable[T]], retries: int = 2) -> T:
    async def both() -> T:
        async with serving(behaviour) as server:
            endpoint = Endpoint(address=server.address, model="mock", api_key=server.behaviour.key)
            async with ModelClient(endpoint, max_retries=retries) as client:
                return await do(client, server)

    return asyncio.run(both())


@pytest.mark.parametrize("endpoint", ["chat", "text", "responses"])
@pytest.mark.parametrize("reasoning", ["", "field"])
def test_a_streamed_answer_is_the_one_that_comes_at_once(endpoint: str, reasoning: Any) -> None:
    async def both_ways(client: ModelClient, server: MockServer) -> None:
        at_once, streamed = [await client.ask(asked_for(stream, endpoint)) for stream in (False, True)]
        assert server.streamed == 1
        assert streamed.completion == at_once.completion
        assert at_once.pace is None
        assert streamed.pace is not None
        assert 0 < streamed.pace.first < 5

    talk(replace(GOOD, reasoning=reasoning if endpoint == "chat" else ""), both_ways)


def test_a_stream_is_asked_for_with_its_usage() -> None:
    async def sent(client: ModelClient, server: MockServer) -> list[Any]:
        for endpoint in ("chat", "responses"):
            await client.ask(asked_for(True, endpoint))
        await client.ask(asked_for("auto"))
        return [(each.get("stream"), each.get("stream_options")) for each in server.requests]

    assert talk(GOOD, sent) == [(True, {"include_usage": True}), (True, None), (None, None)]


def test_a_stream_that_is_cut_is_asked_again() -> None:
    async def asked(client: ModelClient, server: MockServer) -> None:
        answer = await client.ask(asked_for(True))
        assert server.streamed == 3
        assert "boxed" in answer.completion.text
        assert client.counts.retries == 2

    talk(replace(GOOD, cut_streams=2), asked)


def test_one_that_is_cut_each_time_is_given_up() -> None:
    async def asked(client: ModelClient, server: MockServer) -> None:
        with pytest.raises(GaveUp, match="the stream ended before the answer did"):
            await client.ask(asked_for(True))

    talk(replace(GOOD, cut_streams=9), asked, retries=1)


def test_auto_learns_from_a_server_that_only_streams() -> None:
    async def asked(client: ModelClient, server: MockServer) -> None:
        await client.ask(asked_for("auto"))
        await client.ask(asked_for("auto"))
        assert [each.get("stream") for each in server.requests] == [None, True, True]
        assert client.dialect.facts() == {"streamed": "the server gives none at once"}
        assert "asked for streamed answers" in client.dialect.notices("mock", seeds=True)[0]

    talk(replace(GOOD, streams_only=True), asked)


def test_false_is_kept_to_and_such_a_server_unusable() -> None:
    async def asked(client: ModelClient, server: MockServer) -> None:
        with pytest.raises(ServerUnusable, match=r"only as a stream, and .*stream=False asks for whole answers"):
            await client.ask(asked_for(False))

    talk(replace(GOOD, streams_only=True), asked)


def test_auto_learns_from_a_gateway_that_cuts_the_same_silence_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SHORTEST_SECONDS", 0.1)
    monkeypatch.setattr(silence, "ALIKE_SECONDS", 0.15)

    async def asked(client: ModelClient, server: MockServer) -> None:
        answer = await client.ask(asked_for("auto"))
        assert "boxed" in answer.completion.text
        assert [each.get("stream") for each in server.requests] == [None, None, True]
        assert client.dialect.streamed.startswith("a gateway cut two")

    talk(replace(GOOD, delay=0.6, gateway_seconds=0.3), asked)


def test_cuts_that_end_together_or_are_shorter_than_an_answer_are_no_gateways() -> None:
    silences = Silences()
    assert not silences.cut(60.0, when=100.0)
    assert not silences.cut(60.1, when=100.2)  # a server that died, with all that it worked on
    assert not silences.cut(30.0, when=200.0)
    assert silences.cut(60.2, when=300.0)
    silences.answered(90.0)
    assert not silences.cut(60.1, when=400.0)


def test_a_server_that_knows_no_usage_options_is_asked_without() -> None:
    async def asked(client: ModelClient, server: MockServer) -> None:
        await client.ask(asked_for(True))
        assert ["stream_options" in each for each in server.requests] == [True, False]

    talk(replace(GOOD, strict=("stream_options",)), asked)


async def _answering(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
) -> tuple[web.ServerRunner, str]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"


def ask_one_that(write: Callable[[web.StreamResponse], Awaitable[None]]) -> Any:
    async def asked() -> Any:
        async def handler(request: web.BaseRequest) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await write(response)
            return response

        runner, address = await _answering(handler)
        try:
            async with ModelClient(Endpoint(address=address, model="m"), max_retries=0) as client:
                return await asyncio.wait_for(client.ask(asked_for(True)), 20)
        finally:
            await runner.cleanup()

    return asyncio.run(asked())


def test_a_stream_that_never_closes_ends_with_its_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "END_SECONDS", 0.1)

    async def write(response: web.StreamResponse) -> None:
        text = b'data: {"choices": [{"index": 0, "delta": {"content": "5"}, "finish_reason": "stop"}]}\n\n'
        await response.write(text + b"data: [DONE]\n\n")
        await asyncio.sleep(1)

    assert ask_one_that(write).completion.text == "5"


def test_a_stream_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SILENT_SECONDS", 0.2)

    async def write(response: web.StreamResponse) -> None:
        await response.write(b'data: {"choices": [{"index": 0, "delta": {"content": "5"}}]}\n\n')
        await asyncio.sleep(1)

    with pytest.raises(GaveUp, match="the stream was silent for"):
        ask_one_that(write)


def test_a_stream_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LONGEST_STREAM", 2**20)

    async def write(response: web.StreamResponse) -> None:
        text = os.urandom(512).hex().encode()
        while True:
            await response.write(b'data: {"choices": [{"index": 0, "delta": {"content": "' + text + b'"}}]}\n\n')

    with pytest.raises(GaveUp, match="an answer of over"):
        ask_one_that(write)
