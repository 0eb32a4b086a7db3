"""The event loop of a job: never blocks for long, however many requests are in flight.

Two things block a loop with thousands of requests; both are bounded by this module. Answers that arrive together are
handled in one turn of the loop, without timers: 4,096 of them take 0.7 s of CPU. And Python's garbage collector scans
all objects made since its last run: half a million at once, 0.2 s.
"""

from __future__ import annotations

import asyncio
import gc
import math
import os
import select
import selectors
import sys
import time
from collections.abc import Coroutine
from typing import Any

EVENTS_A_TURN = 128
FREEZE_SECONDS = 0.1
COLLECT_SECONDS = 300.0
"""How long dead cycles among frozen objects may stay in memory."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Like asyncio.run, with short loop turns and short garbage collections."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_beside_collections(work))


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that handles at most EVENTS_A_TURN sockets per turn (on Linux)."""
    if sys.platform == "linux":
        return asyncio.SelectorEventLoop(_InParts())
    return asyncio.new_event_loop()


async def _beside_collections(work: Coroutine[Any, Any, None]) -> None:
    freezing = asyncio.ensure_future(_freeze_now_and_then())
    try:
        await work
    finally:
        freezing.cancel()
        gc.unfreeze()


async def _freeze_now_and_then() -> None:
    """Freeze existing objects, so that collections skip them: hardly any are in a cycle."""
    collected = time.monotonic()
    while True:
        if time.monotonic() - collected > COLLECT_SECONDS:
            gc.unfreeze()
            gc.collect()
            collected = time.monotonic()
        gc.freeze()
        await asyncio.sleep(FREEZE_SECONDS)


if sys.platform == "linux":

    class _InParts(selectors.EpollSelector):
        """Returns at most EVENTS_A_TURN files at a time; the system returns the others first the next time."""

        def __init__(self) -> None:
            super().__init__()
            self._epoll = select.epoll.fromfd(os.dup(self.fileno()))

        def close(self) -> None:
            self._epoll.close()
            super().close()

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            # Rounded up to the millisecond that the system counts in, so that a timer is due afterwards.
            seconds = -1.0 if timeout is None else max(0.0, math.ceil(timeout * 1e3) * 1e-3)
            try:
                events = self._epoll.poll(seconds, EVENTS_A_TURN)
            except InterruptedError:
                return []
            keys = self.get_map()
            found = []
            for file, event in events:
                if (key := keys.get(file)) is not None:
                    reading = selectors.EVENT_READ if event & ~select.EPOLLOUT else 0
                    writing = selectors.EVENT_WRITE if event & ~select.EPOLLIN else 0
                    found.append((key, (reading | writing) & key.events))
            return found
