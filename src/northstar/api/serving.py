"""`serve`: what `ns server` does."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from northstar.api.planned_server import plan_server
from northstar.config.cluster import Cluster
from northstar.config.options.serving import ServingOptions
from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers.hosting.hosted import UNLESS_TOLD
from northstar.servers.server import ServerState, find_server_type, running

SHOW_SECONDS = 2.0


def serve(options: ServingOptions) -> None:
    """Start a server, print its address on stdout once it is ready, and keep it running until SIGINT or SIGTERM.

    Raises:
        NorthstarError: The server did not start, or could not be kept running.
    """
    import platformdirs

    kind = options.server.type
    if kind is not None and not find_server_type(kind).hosted:
        raise UsageError(f"--server_type={kind} is for servers that run already; there is nothing to start.")
    plan = plan_server(replace(options.server, type=kind or UNLESS_TOLD), Cluster())
    plan = find_server_type(plan.type).fetched(plan, _say, starts=True)
    logs = Path(options.log_dir or platformdirs.user_log_dir("northstar"))
    asyncio.run(_serve(plan, logs.expanduser().absolute()))


async def _serve(plan: ServerPlan, logs: Path) -> None:
    serving = asyncio.ensure_future(_until_it_ends(plan, logs))
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(which, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


async def _until_it_ends(plan: ServerPlan, logs: Path) -> None:
    state = ServerState()
    showing = asyncio.ensure_future(_show(state))
    try:
        async with running(plan, logs, state) as server:
            address = server.endpoint.address
            print(address, flush=True)
            _say(f"{server.endpoint.model} is served; log: {server.facts['logs'][0]}. Ctrl-C ends it.")
            assert server.routes is not None
            while True:
                route = server.routes(1)()
                now = await route.address()  # raises once the server can't be kept running
                route.close()
                if now != address:  # its port was taken during a restart
                    address = now
                    print(address, flush=True)
                await asyncio.sleep(SHOW_SECONDS)
    finally:
        showing.cancel()


async def _show(state: ServerState) -> None:
    """Print problems, and the log's last line while the server starts; each once."""
    last = ""
    while True:
        line = state.notice or "".join(state.log[-1:])
        if line and line != last:
            _say(line)
            last = line
        await asyncio.sleep(SHOW_SECONDS)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
