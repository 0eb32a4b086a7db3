"""What lies below a request: the proxy it goes through, the body that comes back, the ways a connection fails."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from northstar.models.response import shorten

CONNECT_SECONDS = 30
LONGEST_BODY = 64 * 2**20
"""Bytes of an answer that are read; 65,536 tokens with their reasoning are below 1 MiB."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def proxy_for(url: str) -> dict[str, Any]:
    """Labs reach outside servers through HTTPS_PROXY. Looked up once (aiohttp's trust_env does it for each request).

    A password in it goes apart from the address, which is part of error messages.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    found = None if host in _LOOPBACK or proxy_bypass(host) else getproxies().get(parts.scheme)
    if found is None:
        return {}
    proxy = urlsplit(found)
    login, _, place = proxy.netloc.rpartition("@")
    user, _, password = map(unquote, login.partition(":"))
    auth = aiohttp.BasicAuth(user, password) if user else None
    return {"proxy": proxy._replace(netloc=place).geturl(), "proxy_auth": auth}


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises ClientPayloadError when it is longer than anything believable, also once decompressed."""
    too_long = aiohttp.ClientPayloadError(f"an answer of over {LONGEST_BODY:,} bytes")
    declared = response.content_length
    if declared is not None and declared > LONGEST_BODY:
        raise too_long
    if declared is not None and "Content-Encoding" not in response.headers:
        return await response.read()
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > LONGEST_BODY:
            raise too_long
        parts.append(part)
    return b"".join(parts)


def describe(error: BaseException, timeout: float | None) -> str:
    """A failed connection in a few words. timeout: the seconds that the request had."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"cannot connect: no answer within {CONNECT_SECONDS} s"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s" if timeout else "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = getattr(error, "os_error", error)  # a wrong certificate comes without
        return f"cannot connect: {getattr(reason, 'strerror', None) or reason}"
    text = str(error) or type(error).__name__
    return f"connection lost: {shorten(text.encode())}"
