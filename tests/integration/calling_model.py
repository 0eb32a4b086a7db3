"""A server whose model calls Python once for each question, and answers with what came of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    code = ""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": "mock", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        called = {"name": "python", "arguments": json.dumps({"code": self.code})}
        calls = [{"id": "c1", "type": "function", "function": called}]
        said = {"content": f"It is {results[-1]}."} if results else {"content": None, "tool_calls": calls}
        choice = {
            "index": 0,
            "message": {"role": "assistant", **said},
            "finish_reason": "stop" if results else "tool_calls",
        }
        usage = {"prompt_tokens": 3, "completion_tokens": 4}
        self._answer({"object": "chat.completion", "model": "mock", "choices": [choice], "usage": usage})

    def _answer(self, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def calling_model(code: str) -> Iterator[str]:
    """Yield the address of a server whose model runs `code`."""
    handler = type("_Handler", (_Handler,), {"code": code})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
