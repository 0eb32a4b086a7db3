"""Leaves streams to the system while they grow, and reads each in a few large parts.

To wake for each token costs some 50 µs of CPU each time, which 512 streams don't have. The system is asked instead, 20
times a second, how much of each has come; a stream is read when it grows no more: it is whole, or its server slow.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import termios
from dataclasses import dataclass, field

from northstar.core.clock import monotonic

TICK_SECONDS = 0.05
QUIET_TOKENS = 3
"""So many times the time between two tokens without growth, and a stream is read."""
LONGEST_QUIET = 0.5
MOST_GATHERED = 64 * 1024
"""Bytes at which a stream is read though it grows: well below what the system holds."""


@dataclass(eq=False)
class _Left:
    """A stream that is left to the system. bytes: how many had come when that last grew."""

    socket: int
    quiet: float
    ready: asyncio.Future[None]
    bytes: int = 0
    grown: float = field(default_factory=monotonic)


class Gathering:
    """The streams of one client."""

    def __init__(self) -> None:
        self._left: set[_Left] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._size = array.array("i", [0])

    async def wait(self, transport: asyncio.ReadTransport, between_tokens: float) -> None:
        """Wait until more of a stream is to be read; what comes meanwhile stays with the system.

        Args:
            transport: The stream's.
            between_tokens: Seconds, as far as that is known.
        """
        socket = transport.get_extra_info("socket")
        if socket is None or socket.fileno() < 0:
            return
        quiet = min(LONGEST_QUIET, QUIET_TOKENS * between_tokens)
        left = _Left(socket.fileno(), quiet, asyncio.get_running_loop().create_future())
        transport.pause_reading()
        self._left.add(left)
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())
        try:
            await left.ready
        finally:
            self._left.discard(left)
            transport.resume_reading()

    async def _tick(self) -> None:
        while self._left:
            await asyncio.sleep(TICK_SECONDS)
            now = monotonic()
            for left in [each for each in self._left if self._is_due(each, now)]:
                if not left.ready.done():
                    left.ready.set_result(None)

    def _is_due(self, left: _Left, now: float) -> bool:
        try:
            fcntl.ioctl(left.socket, termios.FIONREAD, self._size)
        except OSError:  # it is closed, which reading will tell
            return True
        waiting = self._size[0]
        if waiting > left.bytes:
            left.bytes, left.grown = waiting, now
            return waiting >= MOST_GATHERED
        return now - left.grown >= left.quiet
