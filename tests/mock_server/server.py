"""The mock server itself: aiohttp's bare server (no router), so that it costs little beside what it measures."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from tests.mock_server.behaviour import Behaviour, thought
from tests.mock_server.faults import KEY_ECHO, Fault, failing, unsupported
from tests.mock_server.limits import Meter

_JSON = {"Content-Type": "application/json"}


@dataclass
class MockServer:
    """A running server and what it has seen: bodies and keys as they arrived, and the most at work at once."""

    behaviour: Behaviour
    address: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    arrived: int = 0
    answered: int = 0
    admissions: list[tuple[float, bool]] = field(default_factory=list)
    """When a request arrived, in seconds of time.monotonic, and whether the rate limit let it in."""
    at_work: int = 0
    most_at_work: int = 0
    _log: int | None = None
    _slots: asyncio.Semaphore | None = None
    _meter: Meter | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of any kind."""
        if request.path == "/v1/chat/completions" and request.method == "POST":
            return await self._chat(request)
        if request.path == "/v1/models":
            models = [{"id": name, "object": "model"} for name in self.behaviour.models]
            return _wrong_key(request, self.behaviour) or _answer({"object": "list", "data": models})
        return web.Response(status=404, body=b'{"detail":"Not Found"}', headers=_JSON)

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        number, self.arrived = self.arrived, self.arrived + 1
        body, key = await _body(request), _key(request)
        if body is None:
            return _send(request, failing(400, "The body is no chat request"))
        message, seed = body["messages"][-1].get("content") or "", body.get("seed")
        self._note("arrived", message, seed)
        if self.behaviour.record:
            self.requests.append(body)
            self.keys.append(key)
        if refusal := _wrong_key(request, self.behaviour) or _unsupported(request, body, self.behaviour):
            return refusal
        headers: dict[str, str] = {}
        if self._meter is not None:
            admitted, headers = self._meter.admit(len(message) // 4 + self.behaviour.tokens)
            self.admissions.append((time.monotonic(), admitted))
            if not admitted:
                return _send(request, failing(429, "Rate limit reached for requests", **headers))
        if self._slots is None:
            response = await self._work(request, number, message, seed)
        else:
            async with self._slots:
                response = await self._work(request, number, message, seed)
        response.headers.update(headers)
        await response.prepare(request)
        await response.write_eof()
        self.answered += response.status == 200
        self._note("answered" if response.status == 200 else "failed", message, seed)
        return response

    async def _work(self, request: web.BaseRequest, number: int, message: str, seed: int | None) -> web.StreamResponse:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            if (fault := self.behaviour.fault(number)) is not None:
                return await _misbehave(request, fault)
            if seconds := self.behaviour.seconds(message, seed):
                await asyncio.sleep(seconds)
            return _answer(chat_completion(self.behaviour, message, seed))
        finally:
            self.at_work -= 1

    def _note(self, event: str, message: str, seed: int | None) -> None:
        """One line, written at once: a reader counts on it after this process, or the one that asked, was killed."""
        if self._log is not None:
            line = json.dumps({"event": event, "seed": seed, "message": message, "time": time.time()})
            os.write(self._log, line.encode() + b"\n")


def chat_completion(behaviour: Behaviour, message: str, seed: int | None) -> dict[str, Any]:
    """The good answer to a question."""
    said: dict[str, Any] = {"role": "assistant", "content": behaviour.text(message, seed)}
    if behaviour.reasoning == "text":
        said["content"] = f"<think>\n{thought(behaviour.tokens)}\n</think>\n\n{said['content']}"
    elif behaviour.reasoning == "field":
        said["reasoning_content"] = thought(behaviour.tokens)
    prompt = len(message) // 4 + 1
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 0,
        "model": behaviour.models[0],
        "choices": [{"index": 0, "message": said, "finish_reason": "stop", "logprobs": None}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": behaviour.tokens,
            "total_tokens": prompt + behaviour.tokens,
        },
    }


@asynccontextmanager
async def serving(behaviour: Behaviour | None = None, port: int = 0) -> AsyncIterator[MockServer]:
    """A server in this event loop: `async with serving(Behaviour(delay=1)) as server: … server.address`."""
    behaviour = behaviour or Behaviour()
    server = MockServer(behaviour)
    if behaviour.slots is not None:
        server._slots = asyncio.Semaphore(behaviour.slots)  # asyncio's semaphore is first come, first served
    if behaviour.limit is not None:
        server._meter = Meter(behaviour.limit)
    if behaviour.log is not None:
        server._log = os.open(behaviour.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    # As real servers do, stop working on a request whose client is gone.
    bare = web.Server(server.handle, handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(bare, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
        server.address = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()
        if server._log is not None:
            os.close(server._log)


async def _misbehave(request: web.BaseRequest, fault: Fault) -> web.StreamResponse:
    if fault.then == "answer":
        return _send(request, fault)
    if fault.then == "hang":
        await asyncio.Event().wait()
    response = web.StreamResponse(status=fault.status, headers=dict(fault.headers))
    if fault.then == "cut":
        response.content_length = len(fault.body)
        await response.prepare(request)
        await response.write(fault.body[: len(fault.body) // 2])
    elif fault.then == "endless":
        await response.prepare(request)
        while True:
            await response.write(fault.body)
    assert request.transport is not None
    request.transport.close()
    raise asyncio.CancelledError


def _send(request: web.BaseRequest, fault: Fault) -> web.Response:
    body = fault.body.replace(KEY_ECHO, (_key(request) or "none").encode())
    return web.Response(status=fault.status, body=body, headers=dict(fault.headers))


def _answer(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), headers=_JSON)


async def _body(request: web.BaseRequest) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(await request.read())
        return body if isinstance(body["messages"][-1], dict) else None
    except (msgspec.DecodeError, KeyError, IndexError, TypeError):
        return None


def _key(request: web.BaseRequest) -> str | None:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or None


def _wrong_key(request: web.BaseRequest, behaviour: Behaviour) -> web.Response | None:
    if behaviour.key is None or _key(request) == behaviour.key:
        return None
    return _send(request, failing(401, f"Incorrect API key provided: {KEY_ECHO.decode()}"))


def _unsupported(request: web.BaseRequest, body: dict[str, Any], behaviour: Behaviour) -> web.Response | None:
    """What OpenAI's reasoning models say of the first field that they don't take."""
    field = next((name for name in ("max_tokens", "temperature", "top_p") if name in body), None)
    return _send(request, unsupported(field)) if behaviour.reasons and field is not None else None
