"""The mock server itself: aiohttp's bare server (no router), so that it costs little beside what it measures."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec
from aiohttp import web

from tests.mock_server.behaviour import Behaviour, Reply, thought
from tests.mock_server.limits import Meter
from tests.mock_server.responses import as_chat, as_response
from tests.mock_server.shapes import KEY_ECHO, STRICT, Fault, echoed, failing, unsupported
from tests.mock_server.streams import Streamed, events_of, events_of_response

_TEMPLATE_PATHS = {"vllm": ("/tokenize", "/detokenize"), "llamacpp": ("/apply-template",)}
_ASKED = ("/v1/chat/completions", "/v1/completions", "/v1/responses")
STREAM_ONLY = (  # DashScope's words
    "This model only support stream mode, please enable the stream parameter to access the model."
)
_JSON = {"Content-Type": "application/json"}


@dataclass
class MockServer:
    """A running server and what it has seen: bodies and keys as they arrived, and the most at work at once."""

    behaviour: Behaviour
    address: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    metrics_headers: list[dict[str, str]] = field(default_factory=list)
    arrived: int = 0
    answered: int = 0
    admissions: list[tuple[float, bool]] = field(default_factory=list)
    """When a request arrived, in seconds of time.monotonic, and whether the rate limit let it in."""
    at_work: int = 0
    most_at_work: int = 0
    templated: int = 0
    streamed: int = 0
    _log: int | None = None
    _slots: asyncio.Semaphore | None = None
    _meter: Meter | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of any kind."""
        if request.path in _ASKED and request.method == "POST":
            return await self._complete(request)
        if request.path == "/health":
            return web.Response()
        if request.path == "/metrics":
            number = len(self.metrics_headers)
            self.metrics_headers.append(dict(request.headers))
            if number < len(self.behaviour.metrics):
                return web.Response(text=self.behaviour.metrics[number])
        if self.behaviour.template is not None and request.path in _TEMPLATE_PATHS[self.behaviour.template_as]:
            return await self._templated(request)
        if request.path == "/apply-template" and self.behaviour.reply is not None:
            body = msgspec.json.decode(await request.content.read())
            opens = self.behaviour.opens_for(body)
            return _answer({"prompt": json.dumps([body["messages"], body.get("tools", [])]) + opens})
        if request.path == "/v1/models":
            await asyncio.sleep(self.behaviour.models_delay)
            if self.behaviour.models_fault is not None:
                return await _misbehave(request, self.behaviour.models_fault)
            length = {} if self.behaviour.context is None else {"max_model_len": self.behaviour.context}
            said = {"object": "model", **length, **self.behaviour.listed}
            models = [{"id": name, **said} for name in self.behaviour.models]
            return _wrong_key(request, self.behaviour) or _answer({"object": "list", "data": models})
        return web.Response(status=404, body=b'{"detail":"Not Found"}', headers=_JSON)

    async def _templated(self, request: web.BaseRequest) -> web.StreamResponse:
        """Messages, through the chat template, as tokens or text; tokens as text. Here a token is a character."""
        number, self.templated = self.templated, self.templated + 1
        if number < len(self.behaviour.template_first):
            return await _misbehave(request, self.behaviour.template_first[number])
        if not self.behaviour.template:
            return _send(request, failing(400, "As of transformers v4.44, there is no default chat template"))
        body = msgspec.json.decode(await request.content.read())
        if request.path == "/detokenize":
            return _answer({"prompt": "".join(map(chr, body["tokens"]))})
        roles = [message["role"] for message in body["messages"]]
        if any(one == other for one, other in pairwise(roles)):
            return _send(request, failing(400, "Conversation roles must alternate user/assistant"))
        text = "".join(f"<{message['role']}>{message['content']}" for message in body["messages"])
        text += self.behaviour.opens_for(body)
        if request.path == "/apply-template":
            return _answer({"prompt": text})
        return _answer({"tokens": [ord(letter) for letter in text], "count": len(text)})

    async def _complete(self, request: web.BaseRequest) -> web.StreamResponse:
        number, self.arrived = self.arrived, self.arrived + 1
        lightly = self.behaviour.reply is not None and not self.behaviour.record
        body, key = await (_body_for_reply(request) if lightly else _body(request)), _key(request)
        if body is None:
            return _send(request, failing(400, "The body is no chat request"))
        if self.behaviour.record:
            self.requests.append(body)
        asked = body
        if "input" in body:
            body = as_chat(body) | {"input": True}
        message, seed = _last_message(body), body.get("seed")
        self._note("arrived", message, seed)
        if self.behaviour.record:
            self.keys.append(key)
            self.headers.append(dict(request.headers))
        if refusal := _wrong_key(request, self.behaviour) or _unsupported(request, asked, self.behaviour):
            return refusal
        headers: dict[str, str] = {}
        if self._meter is not None:
            admitted, headers = self._meter.admit(len(message) // 4 + self.behaviour.tokens)
            self.admissions.append((time.monotonic(), admitted))
            if not admitted:
                return _send(request, failing(429, "Rate limit reached for requests", **headers))
        if self._slots is None:
            response = await self._work(request, number, body)
        else:
            async with self._slots:
                response = await self._work(request, number, body)
        response.headers.update(headers)
        await response.prepare(request)
        if isinstance(response, Streamed):
            await response.send_all()
        await response.write_eof()
        self.answered += response.status == 200
        self._note("answered" if response.status == 200 else "failed", message, seed)
        return response

    async def _work(self, request: web.BaseRequest, number: int, body: dict[str, Any]) -> web.StreamResponse:
        message, seed = _last_message(body), body.get("seed")
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            if (fault := self.behaviour.fault(number)) is not None:
                while self.at_work < self.behaviour.fault_at:
                    await asyncio.sleep(0.01)
                return await _misbehave(request, fault)
            streams = body.get("stream") is True
            if self.behaviour.streams_only and not streams:
                return _send(request, failing(400, STREAM_ONLY))
            gateway = self.behaviour.gateway_seconds
            if seconds := self.behaviour.seconds(message, seed):
                await asyncio.sleep(seconds if gateway is None or streams else min(seconds, gateway))
            if gateway is not None and not streams and seconds > gateway:
                return _send(request, failing(504, "Gateway Time-out"))
            if (refusal := out_of_context(self.behaviour, body)) is not None:
                return _send(request, failing(400, refusal))
            answer = chat_completion(self.behaviour, message, seed) | self.behaviour.origin(number)
            if self.behaviour.reply is not None:
                answer["choices"][0]["message"] = replied(self.behaviour.reply, body)
            answer = shortened(self.behaviour, body, answer)
            if streams:
                self.streamed += 1
                events = events_of_response(as_response(answer)) if "input" in body else events_of(answer)
                cut = self.streamed <= self.behaviour.cut_streams
                return Streamed(events, self.behaviour.token_seconds, cut=cut)
            return _answer(as_response(answer) if "input" in body else answer)
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


def replied(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """The message; where a text was asked for, its calls are in the text."""
    if "prompt" not in body:
        return reply(body["messages"], body.get("tools", []))
    said = reply(*json.JSONDecoder().raw_decode(body["prompt"])[0])
    functions = [call["function"] for call in said.get("tool_calls", ())]
    calls = [
        f'<tool_call>{{"name": {json.dumps(each["name"])}, "arguments": {each["arguments"]}}}' for each in functions
    ]
    return {
        "role": "assistant",
        "content": "\n".join([said["content"] or "", *(f"{call}</tool_call>" for call in calls)]),
    }


def out_of_context(behaviour: Behaviour, body: dict[str, Any]) -> str | None:
    """What a server says of a request that its context is too short for; None where it says nothing."""
    prompt, wanted, context = _prompt_tokens(body), body.get("max_tokens", 16), behaviour.context
    if context is None or behaviour.context_as == "silent":
        return None
    if prompt >= context:
        return (
            f"This model's maximum context length is {context} tokens. However, your prompt contains at least "
            f"{context} input tokens, which exceeds this limit even without any output tokens."
        )
    if behaviour.context_as == "vllm" and wanted > context:
        return (
            f"max_tokens={wanted} cannot be greater than max_model_len={context}. Please request fewer output tokens."
        )
    if behaviour.context_as == "vllm_old" and prompt + wanted > context:
        return (
            f"This model's maximum context length is {context} tokens. However, you requested {prompt + wanted} tokens "
            f"({prompt} in the messages, {wanted} in the completion). Please reduce the length."
        )
    return None


def shortened(behaviour: Behaviour, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as max_tokens and the context leave it, in the form of the endpoint that was asked."""
    prompt, choice = _prompt_tokens(body), answer["choices"][0]
    if behaviour.context is not None:
        room = min(behaviour.context - prompt, body.get("max_tokens", 16))
        tokens = min(room, behaviour.tokens)
        if tokens < behaviour.tokens:
            choice["finish_reason"] = "length"
            choice["message"]["content"] = "so " * tokens
        answer["usage"] = {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}
    if "prompt" in body:
        choice["text"] = choice.pop("message")["content"]
    return answer


def _prompt_tokens(body: dict[str, Any]) -> int:
    """A word is a token."""
    if "prompt" in body:
        prompt = body["prompt"]
        return len(prompt.split()) if isinstance(prompt, str) else len(prompt)
    return sum(len((message.get("content") or "").split()) for message in body["messages"])


def _last_message(body: dict[str, Any]) -> str:
    if "messages" in body:
        return body["messages"][-1].get("content") or ""
    prompt = body["prompt"]
    return prompt if isinstance(prompt, str) else "".join(map(chr, prompt))


@asynccontextmanager
async def serving(
    behaviour: Behaviour | None = None, port: int = 0, host: str = "127.0.0.1"
) -> AsyncIterator[MockServer]:
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
        await web.TCPSite(runner, host, port, backlog=4096).start()
        server.address = f"http://{host}:{runner.addresses[0][1]}/v1"
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
    if fault.then == "endless_headers":
        await _send_headers_without_end(request)
    response = web.StreamResponse(status=fault.status, headers=dict(fault.headers))
    if fault.then in ("cut", "pause"):
        response.content_length = len(fault.body)
        await response.prepare(request)
        await response.write(fault.body[: len(fault.body) // 2])
        if fault.then == "pause":
            await asyncio.Event().wait()
    elif fault.then == "endless":
        await response.prepare(request)
        while True:
            await response.write(fault.body)
    assert request.transport is not None
    request.transport.close()
    raise asyncio.CancelledError


async def _send_headers_without_end(request: web.BaseRequest) -> None:
    assert request.transport is not None
    request.transport.write(b"HTTP/1.1 200 OK\r\n")
    while not request.transport.is_closing():
        request.transport.write(b"X-Header: x\r\n" * 1000)
        await asyncio.sleep(0.001)


def _send(request: web.BaseRequest, fault: Fault) -> web.Response:
    body = echoed(fault.body, _key(request) or "none")
    return web.Response(status=fault.status, body=body, headers=dict(fault.headers))


def _answer(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), headers=_JSON)


class _Function(msgspec.Struct):
    name: str


class _Tool(msgspec.Struct):
    function: _Function


_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_names_of_tools = msgspec.json.Decoder(list[_Tool]).decode


async def _body_for_reply(request: web.BaseRequest) -> dict[str, Any]:
    """Of tools the names alone: where nothing is recorded, the server should cost little beside what it measures."""
    fields = _fields(await request.content.read())
    body = {key: msgspec.json.decode(raw) for key, raw in fields.items() if key != "tools"}
    if "input" in fields:
        return body | ({"tools": msgspec.json.decode(fields["tools"])} if "tools" in fields else {})
    names = _names_of_tools(fields["tools"]) if "tools" in fields else []
    return body | {"tools": [{"function": {"name": tool.function.name}} for tool in names]}


async def _body(request: web.BaseRequest) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(await request.content.read())
        return body if "prompt" in body or "input" in body or isinstance(body["messages"][-1], dict) else None
    except (msgspec.DecodeError, KeyError, IndexError, TypeError):
        return None


def _key(request: web.BaseRequest) -> str | None:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or None


def _wrong_key(request: web.BaseRequest, behaviour: Behaviour) -> web.Response | None:
    if behaviour.key is None or _key(request) == behaviour.key:
        return None
    return _send(request, failing(401, f"Incorrect API key provided: {KEY_ECHO.decode()}"))


def _unsupported(request: web.BaseRequest, body: dict[str, Any], behaviour: Behaviour) -> web.Response | None:
    """What OpenAI's reasoning models, or a strict server, say of the first field that they don't take."""
    strict = next((name for name in behaviour.strict if name in body), None)
    if strict is not None:
        return _send(request, STRICT[behaviour.strict_as](strict))
    field = next((name for name in ("max_tokens", "temperature", "top_p") if name in body), None)
    return _send(request, unsupported(field)) if behaviour.reasons and field is not None else None
