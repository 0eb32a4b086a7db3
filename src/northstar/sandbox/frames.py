"""The frames of the sandbox's wire, seen from outside, where nothing that arrives is trusted."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

from northstar.sandbox.inside import wire

LARGEST_HEADER = 1 << 16


class Lost(Exception):
    """The other side ended, or sent something unexpected."""


class CannotStart(Exception):
    """The fork server did not start, or cannot confine programs; the message says why."""


class Frames:
    """One end of a socket whose other end is in the sandbox."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, end: socket.socket) -> Frames:
        return cls(*await asyncio.open_connection(sock=end))

    async def send(self, header: dict[str, Any], content: bytes = b"") -> None:
        """Send a frame. Raises Lost."""
        head = wire.pack(header, len(content))
        if len(content) < wire.SMALL:
            self._writer.write(head + content)
        else:
            self._writer.write(head)
            self._writer.write(content)
        try:
            await self._writer.drain()
        except OSError:
            raise Lost("it ended") from None

    async def receive(self, longest: int) -> tuple[dict[str, Any], bytes]:
        """Return the next frame, validated: a program may have got hold of the other end. Raises Lost, CannotStart."""
        try:
            header_length, length = wire.HEAD.unpack(await self._reader.readexactly(wire.HEAD.size))
            if header_length > LARGEST_HEADER or length > longest:
                raise Lost("it sent more than allowed")
            header = json.loads(await self._reader.readexactly(header_length))
            if not isinstance(header, dict):
                raise Lost("it sent something unexpected")
            content = await self._reader.readexactly(length)
            if "failed" in header:
                raise CannotStart(str(header["failed"])[:500])
            return header, content
        except (asyncio.IncompleteReadError, OSError, ValueError, RecursionError):
            raise Lost("it ended") from None

    def hand_over(self, end: socket.socket) -> None:
        """Send the other side a socket. Raises Lost."""
        try:
            with socket.socket(fileno=self._writer.get_extra_info("socket").dup().detach()) as mine:
                socket.send_fds(mine, [b"s"], [end.fileno()])
        except OSError:
            raise Lost("it ended") from None

    def close(self) -> None:
        self._writer.close()

    async def wait_closed(self) -> None:
        with suppress(OSError):
            await self._writer.wait_closed()
