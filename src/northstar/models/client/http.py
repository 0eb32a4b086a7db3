"""The transport by HTTP: kept-alive connections of aiohttp, and the ways in which they fail, in a few words."""

from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp

from northstar.models.client import links
from northstar.models.client.body import Bodies, TooMuch
from northstar.models.client.proxy import Proxy, find_proxy
from northstar.models.client.transport import (
    NotConnected,
    NotRead,
    NotTrusted,
    Response,
    TimedOut,
    Transport,
    Unanswered,
)
from northstar.models.endpoint import Endpoint
from northstar.models.reply.error_body import shorten
from northstar.models.streams.stream import Cut, Stream
from northstar.version import __version__

CONNECT_SECONDS = 30
_USER_AGENT = f"northstar/{__version__}"
_IN_PARTS = 2**20
"""aiohttp writes a file in parts, and bytes at once, which holds up everything else where they are so many."""


@asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[Transport]:
    """Connections to the endpoint's server and others like it, each directly or through the environment's proxy.

    Raises NorthstarError for a variable of the environment that names no proxy.
    """
    find_proxy(endpoint.address)
    headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **endpoint.headers}
    async with links.opened() as connector, aiohttp.ClientSession(connector=connector) as session:
        yield _Http(session, headers)


class _Http:
    """Implements Transport. The headers go with each request: a session's would be shown to a proxy."""

    def __init__(self, session: aiohttp.ClientSession, headers: Mapping[str, str]) -> None:
        self._session = session
        self._headers = headers
        self._ways: dict[str, tuple[Proxy | None, dict[str, Any]]] = {}
        self._bodies = Bodies()

    async def send(
        self, method: str, url: str, body: bytes | None, seconds: float, stream: Stream | None = None
    ) -> Response:
        proxy, options = self._ways.get(url) or self._way(url)
        data = body if body is None or len(body) < _IN_PARTS else io.BytesIO(body)
        try:
            async with self._session.request(
                method, url, data=data, timeout=_timeout(seconds), allow_redirects=False, **options
            ) as response:
                return Response(
                    response.status, response.headers, await self._bodies.read(response, stream), proxy, stream
                )
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise _unanswered(error, seconds, proxy) from error
        except Cut as cut:
            raise Unanswered(f"the stream {cut}", proxy) from cut

    def _way(self, url: str) -> tuple[Proxy | None, dict[str, Any]]:
        """The proxy on the way to a URL, and the options of a request there; looked up once."""
        proxy = find_proxy(url)
        way = self._ways[url] = proxy, {"headers": self._headers} if proxy is None else proxy.options(self._headers)
        return way


@cache
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


def _unanswered(error: Exception, seconds: float, proxy: Proxy | None) -> Unanswered:
    """The failure in a few words. seconds: which the request had."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotConnected(f"no answer within {CONNECT_SECONDS} s", proxy)
    if _fell_silent(error):
        return Unanswered(f"connection lost: no sign of life from the other end for {links.LIVENESS.lost} s", proxy)
    if isinstance(error, TooMuch):
        return NotRead(f"answered with {error}", proxy)
    if isinstance(error, TimeoutError):
        return TimedOut(f"no answer within {seconds:g} s", proxy)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return NotConnected(f"the proxy refuses (HTTP {error.status} {shorten(error.message.encode())})", proxy)
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = getattr(error, "os_error", error)  # a wrong certificate comes without
        said = str(getattr(reason, "strerror", None) or reason)
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            wrong = error.certificate_error
            code, why = getattr(wrong, "verify_code", 0), getattr(wrong, "verify_message", "") or str(wrong)
            return NotTrusted(said, proxy, code=code, said=why)
        return NotConnected(said, proxy)
    return Unanswered(f"connection lost: {shorten((str(error) or type(error).__name__).encode())}", proxy)


def _fell_silent(error: Exception) -> bool:
    """Whether the system gave the connection up; in the middle of an answer, aiohttp tells only by the error's repr."""
    if isinstance(error, aiohttp.ClientPayloadError):
        return f"TimeoutError({errno.ETIMEDOUT}," in str(error)
    return getattr(error, "errno", None) == errno.ETIMEDOUT and not isinstance(error, aiohttp.ClientConnectorError)
