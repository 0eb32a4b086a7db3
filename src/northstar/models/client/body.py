"""Reads the bodies of answers into bounded memory: each one, and all that are on their way at once."""

from __future__ import annotations

import asyncio

import aiohttp

from northstar.models.streams.events import TooLong
from northstar.models.streams.gathering import Gathering
from northstar.models.streams.stream import Cut, Stream, is_stream

LONGEST_BODY = 64 * 2**20
"""Bytes of an answer that are read, once decompressed; 65,536 tokens with their reasoning are below 1 MiB."""
LONGEST_ERROR = 2**20
"""Bytes of an error that are read; what it says is in the first of them."""
SMALL_BODY = 2**18
"""So many bytes of each answer are read at once, whatever the others are."""
LARGE_AT_ONCE = 4
"""Answers that are read beyond SMALL_BODY together; the next ones wait, with their senders, until one is whole."""
LARGE_SECONDS = 120.0
"""Seconds for the rest of such an answer, so that one that trickles doesn't keep the others waiting."""

LONGEST_STREAM = 128 * 2**20
"""Bytes of a stream: some 250 for each token."""
SILENT_SECONDS = 600.0
"""How long a stream that has begun may be silent: busy servers put answers aside for minutes."""
END_SECONDS = 1.0
"""How long to wait for the end of a stream whose answer is whole."""


class TooMuch(aiohttp.ClientPayloadError):
    """An answer that is not read to its end. It may be another the next time."""


class Bodies:
    """The answers of one client."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._gathering = Gathering()

    async def read(self, response: aiohttp.ClientResponse, stream: Stream | None = None) -> bytes:
        """The body; of an error, its beginning. Raises TooMuch where it is longer than is believable.

        stream: takes the answer in where it comes as a stream; then the body of the whole is returned. Raises Cut.
        """
        content, declared = response.content, response.content_length
        if response.status != 200:
            return await _beginning(content)
        if stream is not None:
            return await self._read_stream(response, stream)
        if declared is not None and declared > LONGEST_BODY:
            raise _too_long(LONGEST_BODY)
        if declared is not None and declared <= SMALL_BODY and "Content-Encoding" not in response.headers:
            return await response.read()
        return await self._read_whole(content, bytearray())

    async def _read_whole(self, content: aiohttp.StreamReader, body: bytearray) -> bytes:
        if await _is_longer(content, SMALL_BODY, body):
            await self._read_on(content, body)
        return bytes(body)

    async def _read_stream(self, response: aiohttp.ClientResponse, stream: Stream) -> bytes:
        content, head, read = response.content, bytearray(), 0
        while (streams := is_stream(bytes(head))) is None and (part := await content.readany()):
            head += part
        if not streams:
            return await self._read_whole(content, head)
        part = bytes(head)
        while part:
            read += len(part)
            if read > LONGEST_STREAM:
                raise _too_long(LONGEST_STREAM)
            try:
                stream.feed(part)
            except TooLong:
                raise _too_long(LONGEST_BODY) from None
            if stream.done:
                await _end(response)
                break
            part = await self._next_part(response, stream)
        return stream.whole()

    async def _next_part(self, response: aiohttp.ClientResponse, stream: Stream) -> bytes:
        """Wait for more of a stream: before its first token as long as the request may take, then not for ever."""
        if not stream.begun:
            return await response.content.readany()
        transport = None if response.connection is None else response.connection.transport
        if transport is not None and not response.content.is_eof():
            await self._gathering.wait(transport, stream.between_tokens)
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await response.content.readany()
        except TimeoutError:
            raise Cut(f"was silent for {SILENT_SECONDS:g} s in the middle of its answer") from None

    async def _read_on(self, content: aiohttp.StreamReader, body: bytearray) -> None:
        async with self._large:
            try:
                async with asyncio.timeout(LARGE_SECONDS):
                    longer = await _is_longer(content, LONGEST_BODY, body)
            except TimeoutError:
                raise TooMuch(
                    f"an answer of over {SMALL_BODY:,} bytes that is not whole after {LARGE_SECONDS:g} s"
                ) from None
            if longer:
                raise _too_long(LONGEST_BODY)


async def _end(response: aiohttp.ClientResponse) -> None:
    """Read what follows the last event, which lets the connection be used again; close it where that never ends."""
    try:
        async with asyncio.timeout(END_SECONDS):
            if await _is_longer(response.content, LONGEST_ERROR, bytearray()):
                response.close()
    except (TimeoutError, aiohttp.ClientError):
        response.close()


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    await _is_longer(content, LONGEST_ERROR, body)
    return bytes(body[:LONGEST_ERROR])


async def _is_longer(content: aiohttp.StreamReader, limit: int, body: bytearray) -> bool:
    """Read on into `body`, until the end or beyond the limit: whether it is beyond."""
    while part := await content.readany():
        body += part
        if len(body) > limit:
            return True
    return False


def _too_long(limit: int) -> TooMuch:
    return TooMuch(f"an answer of over {limit:,} bytes")
