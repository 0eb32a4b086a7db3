"""Reads the bodies of answers into bounded memory: each one, and all that are on their way at once."""

from __future__ import annotations

import asyncio

import aiohttp

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


class TooMuch(aiohttp.ClientPayloadError):
    """An answer that is not read to its end. It may be another the next time."""


class Bodies:
    """The answers of one client."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body; of an error, its beginning. Raises TooMuch where it is longer than is believable."""
        content, declared = response.content, response.content_length
        if response.status != 200:
            return await _beginning(content)
        if declared is not None and declared > LONGEST_BODY:
            raise _too_long()
        if declared is not None and declared <= SMALL_BODY and "Content-Encoding" not in response.headers:
            return await response.read()
        body = bytearray()
        if await _is_longer(content, SMALL_BODY, body):
            await self._read_on(content, body)
        return bytes(body)

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
                raise _too_long()


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


def _too_long() -> TooMuch:
    return TooMuch(f"an answer of over {LONGEST_BODY:,} bytes")
