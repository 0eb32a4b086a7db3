"""Serves pages to a test: in a thread of its own, with the address that `ns view` would print."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from northstar.viewing.run import Run
from northstar.viewing.server import application
from northstar.viewing.viewer import Viewer

TOKEN = "a-token-of-the-test"


@contextmanager
def served(*paths: Path) -> Iterator[str]:
    """Yield the address, without token, of the pages of some runs."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application(Viewer([Run(path) for path in paths]), TOKEN), access_log=None)

    async def begin() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return int(runner.addresses[0][1])

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
