"""A small server of files on 127.0.0.1, in this process; it notes what was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """`files`: path → its bytes, or a status in place of them. shortened_by: bytes that are announced and not sent."""

    files: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""
    shortened_by: int = 0


@contextmanager
def serving_files() -> Iterator[FileServer]:
    shown = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.asked.append(self.path)
            found = shown.files.get(self.path, 404)
            self.send_response(found if isinstance(found, int) else 200)
            content = b"" if isinstance(found, int) else found
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - shown.shortened_by])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shown.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield shown
        finally:
            server.shutdown()
            thread.join()
