"""Serves the pages of `ns view` until it is ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from markupsafe import escape

from northstar.core.errors import NorthstarError, UsageError
from northstar.viewing.guard import new_token
from northstar.viewing.run import Run
from northstar.viewing.server import application
from northstar.viewing.viewer import Viewer

USUAL_PORT = 7575
HOST = "127.0.0.1"


def serve(paths: Sequence[Path], *, port: int | None, open_browser: bool, extra: Sequence[Path] = ()) -> None:
    """Serve the pages of some runs until SIGINT or SIGTERM; print their address on stdout.

    Args:
        paths: Output folders.
        port: The port; None takes USUAL_PORT, or any where that is taken.
        open_browser: Also open the address in the user's browser, where there is one.
        extra: Files of the user's own benchmarks.

    Raises:
        UsageError: A path is no run.
        NorthstarError: The port is taken.
    """
    if port is not None and not 0 <= port < 65536:
        raise UsageError(f"--port={port} must be from 0 to 65535.")
    viewer = Viewer([Run(path, extra) for path in paths], extra)
    with _listening(port) as listener:
        asyncio.run(_serve(viewer, listener, open_browser))


def _listening(port: int | None) -> socket.socket:
    last: OSError | None = None
    for number in (USUAL_PORT, 0) if port is None else (port,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
        except OSError as error:
            listener.close()
            last = error
        else:
            return listener
    why = "" if last is None else last.strerror
    raise NorthstarError(f"cannot serve at {HOST}:{port}: {why}. Choose another --port, or leave it out.")


async def _serve(viewer: Viewer, listener: socket.socket, open_browser: bool) -> None:
    token = new_token()
    runner = web.AppRunner(application(viewer, token), access_log=None, handle_signals=False)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    ended = asyncio.Event()
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(which, ended.set)
    page: Path | None = None
    try:
        address = f"http://{HOST}:{port}/?token={token}"
        print(address, flush=True)
        _say(f"From another machine: ssh -L {port}:{HOST}:{port} {socket.gethostname()}, then the same address.")
        _say("Ctrl-C ends it.")
        preparing = asyncio.ensure_future(asyncio.to_thread(viewer.prepare))
        if open_browser and _has_browser():
            page = _redirecting(address)
            await asyncio.to_thread(webbrowser.open, page.as_uri())
        await ended.wait()
        await preparing
    finally:
        viewer.stop()
        await runner.cleanup()
        if page is not None:
            with suppress(OSError):
                page.unlink()


def _has_browser() -> bool:
    """Whether a browser would open where the user sits."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _redirecting(address: str) -> Path:
    """Write a page of the user's alone that leads to the address: a browser's arguments are seen by everyone here."""
    descriptor, name = tempfile.mkstemp(prefix="ns-view-", suffix=".html")
    with os.fdopen(descriptor, "w") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">')
    return Path(name)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
