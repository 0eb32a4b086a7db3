"""Answers as streams of server-sent events, word by word."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

_PARTS = re.compile(r"\S+\s*|\s+")


class Streamed(web.StreamResponse):
    """A response that sends its events one after the other. seconds: before each. cut: it breaks off in the middle."""

    def __init__(self, events: list[bytes], seconds: float, *, cut: bool = False) -> None:
        super().__init__(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        self._events, self._seconds, self._cut = events, seconds, cut

    async def send_all(self) -> None:
        for event in self._events[: len(self._events) // 2] if self._cut else self._events:
            if self._seconds:
                await asyncio.sleep(self._seconds)
            await self.write(event)


def events_of(answer: dict[str, Any], *, usage: bool = True) -> list[bytes]:
    """The events of a chat or text completion, as vLLM sends them."""
    return [b"data: " + json.dumps(each).encode() + b"\n\n" for each in _chunks(answer, usage)] + [b"data: [DONE]\n\n"]


def events_of_response(response: dict[str, Any]) -> list[bytes]:
    """The events of an answer of the Responses API."""
    texts = [part["text"] for item in response["output"] for part in item.get("content") or () if "text" in part]
    deltas = [{"type": "response.output_text.delta", "delta": part} for text in texts for part in _PARTS.findall(text)]
    ending = {"type": f"response.{response.get('status', 'completed')}", "response": response}
    events = [{"type": "response.created", "response": {**response, "output": []}}, *deltas, ending]
    return [f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events]


def _chunks(answer: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:
    top = {name: value for name, value in answer.items() if name not in ("choices", "usage", "object")}
    top["object"] = "chat.completion.chunk"
    choice = answer["choices"][0]
    if "text" in choice:
        for part in _PARTS.findall(choice["text"]):
            yield {**top, "choices": [{"index": 0, "text": part, "finish_reason": None}]}
        yield {**top, "choices": [{"index": 0, "text": "", "finish_reason": choice["finish_reason"]}]}
    else:
        for delta in _deltas(choice["message"]):
            yield {**top, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield {**top, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if usage:
        yield {**top, "choices": [], "usage": answer["usage"]}


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for name in ("reasoning_content", "reasoning", "content"):
        for part in _PARTS.findall(message.get(name) or ""):
            yield {name: part}
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        first = {"index": index, "id": call["id"], "type": "function"}
        yield {"tool_calls": [{**first, "function": {"name": function["name"], "arguments": ""}}]}
        for part in _PARTS.findall(function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
