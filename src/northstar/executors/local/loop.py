"""The event loop that runs a job: it never stands still for long, however many requests are in flight.

Two things hold up a loop that has thousands of requests in flight, and are bounded here. Answers that come together
are worked on in one turn of the loop, and no timer runs meanwhile: 4,096 of them take 0.7 s of CPU. And Python's
garbage collector looks at all that was made since it last did: half a million objects in one go, 0.2 s.
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
"""So long may a cycle stay that ended after the collector was told to overlook it."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """asyncio.run, in a loop with short turns and short collections of garbage."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_beside_collections(work))


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop that works on EVENTS_A_TURN sockets in a turn at most, where the system is Linux."""
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
    """Have collections overlook what is there, which costs nothing: almost none of it is in a cycle."""
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
        """Tells of EVENTS_A_TURN files at most at a time; the system tells of the others first the next time."""

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
