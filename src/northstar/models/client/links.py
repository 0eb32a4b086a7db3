"""What lies below a request: connections that notice when their other end is gone, and wait for one that is busy."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import aiohttp


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

_KNOWS_RECEIPTS = sys.platform == "linux"
_UNACKNOWLEDGED, _LAST_RECEIPT = 4, 12
"""Numbers of struct tcp_info, in linux/tcp.h: the 32-bit ones after its first eight bytes."""
_BEGIN_OF_INFO = struct.Struct("8x13I")


@asynccontextmanager
async def opened() -> AsyncIterator[aiohttp.TCPConnector]:
    """Kept-alive connections, as many as are asked for."""
    links: WeakSet[socket.socket] = WeakSet()

    def link(address: tuple[Any, ...]) -> socket.socket:
        made = _probing_socket(address)
        links.add(made)
        return made

    watching = asyncio.create_task(_watch(links)) if _KNOWS_RECEIPTS else None
    try:
        yield aiohttp.TCPConnector(limit=0, keepalive_timeout=75, socket_factory=link)
    finally:
        if watching is not None:
            watching.cancel()


def _probing_socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    probes = math.ceil((LIVENESS.lost - LIVENESS.idle) / LIVENESS.every)
    for name, value in (
        ("TCP_KEEPIDLE", LIVENESS.idle),
        ("TCP_KEEPALIVE", LIVENESS.idle),  # its name on macOS
        ("TCP_KEEPINTVL", LIVENESS.every),
        ("TCP_KEEPCNT", probes),
    ):
        if (option := getattr(socket, name, None)) is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


async def _watch(links: WeakSet[socket.socket]) -> None:
    """Have the system give up links that bring no receipt for what was sent: there it sends no probes.

    TCP_USER_TIMEOUT from the start would also end those to a busy server that takes nothing more for now, but says so.
    """
    while True:
        await asyncio.sleep(LIVENESS.every)
        for link in list(links):
            with suppress(
                OSError, struct.error
            ):  # a kernel that tells nothing of this one: the others are still watched
                if link.fileno() >= 0:
                    limit = 1000 * LIVENESS.lost if _brings_no_receipt(link) else 0
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit)


def _brings_no_receipt(link: socket.socket) -> bool:
    info = _BEGIN_OF_INFO.unpack(link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BEGIN_OF_INFO.size))
    return bool(info[_UNACKNOWLEDGED] > 0 and info[_LAST_RECEIPT] >= 1000 * LIVENESS.lost)
