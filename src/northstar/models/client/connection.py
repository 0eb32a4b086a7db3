"""The ways in which a connection fails, in a few words."""

from __future__ import annotations

import errno

import aiohttp

from northstar.models.client import links
from northstar.models.client.body import TooMuch
from northstar.models.client.proxy import Proxy
from northstar.models.reply.error_body import shorten

CONNECT_SECONDS = 30


def describe(error: BaseException, timeout: float | None, proxy: Proxy | None = None) -> str:
    """A failed connection in a few words. timeout: the seconds that the request had. proxy: on its way."""
    said = _described(error, timeout)
    return said if proxy is None else f"{said}, through {proxy}"


def _described(error: BaseException, timeout: float | None) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"cannot connect: no answer within {CONNECT_SECONDS} s"
    if _fell_silent(error):
        return f"connection lost: no sign of life from the other end for {links.LIVENESS.lost} s"
    if isinstance(error, TooMuch):
        return f"answered with {error}"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s" if timeout else "no answer in time"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"cannot connect: the proxy refuses (HTTP {error.status} {shorten(error.message.encode())})"
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = getattr(error, "os_error", error)  # a wrong certificate comes without
        return f"cannot connect: {getattr(reason, 'strerror', None) or reason}"
    text = str(error) or type(error).__name__
    return f"connection lost: {shorten(text.encode())}"


def _fell_silent(error: BaseException) -> bool:
    """Whether the system gave the connection up; in the middle of an answer, aiohttp tells only in words."""
    if isinstance(error, aiohttp.ClientPayloadError):
        return f"TimeoutError({errno.ETIMEDOUT}," in str(error)
    return getattr(error, "errno", None) == errno.ETIMEDOUT and not isinstance(error, aiohttp.ClientConnectorError)
