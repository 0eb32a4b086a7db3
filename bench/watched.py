"""`ns` with a watch on its event loop, for bench/requests.py: python -m bench.watched FILE eval …

The loop is timed by the CPU time of its thread, so that others on the machine don't count. What was longest goes into
FILE at the end, in seconds: of one callback, and of one turn of the loop, in which no timer gets its turn.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from northstar.cli.app import main as ns


class Longest(msgspec.Struct):
    """Seconds of the thread's CPU. what: the callback, as asyncio shows it."""

    callback: float = 0.0
    turn: float = 0.0
    what: str = ""


def watch_loop(longest: Longest) -> None:
    """Time every callback and turn from now on."""
    call: Callable[[Any], None] = asyncio.Handle._run
    turn: Callable[[Any], None] = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]

    def timed_call(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        call(handle)
        seconds = time.thread_time() - begun
        if seconds > longest.callback:
            longest.callback, longest.what = seconds, repr(handle)[:300]

    def timed_turn(loop: asyncio.BaseEventLoop) -> None:
        begun = time.thread_time()
        turn(loop)
        longest.turn = max(longest.turn, time.thread_time() - begun)

    asyncio.Handle._run = timed_call  # type: ignore[method-assign, assignment]
    asyncio.BaseEventLoop._run_once = timed_turn  # type: ignore[attr-defined]


def main(file: Path, words: list[str]) -> None:
    longest = Longest()
    watch_loop(longest)
    try:
        ns(words)
    finally:
        file.write_bytes(msgspec.json.encode(longest))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
