"""A server that is busy is no server that is gone, and each link is watched for itself."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from weakref import WeakSet

import pytest

from northstar.models.client import links
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint

LATE = 5.0
REPLY = b'{"choices": [{"message": {"role": "assistant", "content": "four"}, "finish_reason": "stop"}]}'


@asynccontextmanager
async def late_reader() -> AsyncIterator[str]:
    """The address of a server that takes connections at once, and reads from them late, as an overloaded one does."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listening.bind(("127.0.0.1", 0))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(LATE)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split()[0])
        await reader.readexactly(length)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, sock=listening, limit=1 << 16)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.slow
def test_a_server_that_reads_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "LIVENESS", links.Liveness(idle=1, every=1, lost=2))

    async def ask() -> str:
        async with late_reader() as address, ModelClient(Endpoint(address=address, model="m"), max_retries=0) as client:
            question = {"model": "m", "messages": [{"role": "user", "content": "x" * 8_000_000}]}
            return (await client.ask(question)).completion.text

    assert asyncio.run(ask()) == "four"


class Untold(socket.socket):
    """Of which the system tells nothing, for whatever reason."""

    def getsockopt(self, *_: object) -> bytes:  # type: ignore[override]
        raise OSError


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of receipts")
def test_a_link_that_nothing_is_told_of_leaves_the_others_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "LIVENESS", links.Liveness(every=0, lost=7))
    monkeypatch.setattr(links, "_brings_no_receipt", lambda link: link.getsockopt(0, 0, 1) is not None)

    class Told(socket.socket):
        limited = 0

        def getsockopt(self, *_: object) -> bytes:  # type: ignore[override]
            return b""

        def setsockopt(self, *_: object) -> None:
            self.limited += 1

    async def limited(opened: Sequence[socket.socket], told: Told) -> int:
        watching = asyncio.create_task(links._watch(WeakSet(opened)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not watching.done()
        watching.cancel()
        return told.limited

    with Untold() as untold, Told() as told:
        assert asyncio.run(limited([untold, told], told)) > 0
