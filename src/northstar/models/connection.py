"""What lies below a request: the connections that carry it, and the ways in which they fail."""

from __future__ import annotations

import errno
import math
import socket
from dataclasses import dataclass
from typing import Any

import aiohttp

from northstar.models.body import TooMuch
from northstar.models.error_body import shorten
from northstar.models.proxy import Proxy

CONNECT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Liveness:
    """When a silent connection is asked for a sign of life, and given up: in seconds.

    A reasoning model is silent for an hour, but routers and NATs forget a connection that is silent for some minutes,
    and tell neither end. idle: silence before the first probe, short enough that they don't. every: from probe to
    probe. lost: silence, or time without a receipt for what was sent, after which the other end is gone.
    """

    idle: int = 60
    every: int = 15
    lost: int = 120


LIVENESS = Liveness()


def connector() -> aiohttp.TCPConnector:
    """Kept-alive connections, as many as are asked for, each of which notices when its other end is gone."""
    return aiohttp.TCPConnector(limit=0, keepalive_timeout=75, socket_factory=_watched_socket)


def _watched_socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    probes = math.ceil((LIVENESS.lost - LIVENESS.idle) / LIVENESS.every)
    for name, value in (
        ("TCP_KEEPIDLE", LIVENESS.idle),
        ("TCP_KEEPALIVE", LIVENESS.idle),  # its name on macOS
        ("TCP_KEEPINTVL", LIVENESS.every),
        ("TCP_KEEPCNT", probes),
        ("TCP_USER_TIMEOUT", 1000 * LIVENESS.lost),
    ):
        if (option := getattr(socket, name, None)) is not None:
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return opened


def describe(error: BaseException, timeout: float | None, proxy: Proxy | None = None) -> str:
    """A failed connection in a few words. timeout: the seconds that the request had. proxy: on its way."""
    said = _described(error, timeout)
    return said if proxy is None else f"{said}, through {proxy}"


def _described(error: BaseException, timeout: float | None) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"cannot connect: no answer within {CONNECT_SECONDS} s"
    if _fell_silent(error):
        return f"connection lost: no sign of life from the other end for {LIVENESS.lost} s"
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
