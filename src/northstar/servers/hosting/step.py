"""Starts processes for a worker that runs elsewhere: `python step.py FOLDER RANKS [--until-eof]`.

On a cluster the server is a step of the job, perhaps over several nodes, perhaps in a container that holds nothing of
Northstar; this program is what runs there, once a node (or GPU: a rank). In FOLDER/rank-N.json it says where it
listens, and the token that is asked for. Each connection starts one command: a line of JSON

    {"token": …, "command": […], "environment": {…}, "without": [names], "secret": pattern of names,
     "assigned": pattern of NAME=value, "passed": [names], "log": path, "grace": seconds}

and back come {"pid": …} and, once it has ended, {"status": …}. When the connection closes, however the worker ended,
the command is ended with all that it started (guardian.py); a `!` before that skips the asking. It runs until SIGTERM,
or with --until-eof until its standard input closes.

Uses the standard library alone and imports nothing of Northstar.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import re
import secrets
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

GUARDIAN = Path(__file__).with_name("guardian.py")
LINE_LIMIT = 2**20


class Step:
    """token: asked of everybody who connects. working: one task a connection."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self.working: set[asyncio.Task[None]] = set()

    async def serve(self, folder: Path, rank: int, ranks: int, until_eof: bool) -> None:
        """Listen until it is time to end, then end everything."""
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            loop.add_signal_handler(number, over.set if number != signal.SIGUSR1 else lambda: None)
        if until_eof:
            loop.add_reader(0, lambda: None if os.read(0, 4096) else over.set())
        # Other nodes' ranks are asked over the network, rank 0 on the worker's own node.
        listener = await asyncio.start_server(
            self._connected, "127.0.0.1" if ranks == 1 else "0.0.0.0", 0, limit=LINE_LIMIT
        )
        announce(folder, rank, listener.sockets[0].getsockname()[1], self.token)
        await over.wait()
        listener.close()
        for task in self.working:
            task.cancel()
        if self.working:
            await asyncio.wait(self.working)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.working.add(task)
        with contextlib.suppress(OSError, ValueError, KeyError, asyncio.CancelledError):
            order = json.loads(await asyncio.wait_for(reader.readline(), 30))
            if hmac.compare_digest(str(order["token"]), self.token):
                await run(order, reader, writer)
        self.working.discard(task)
        writer.close()


async def run(order: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:  # type: ignore[type-arg]
    """One command, to its end or until the connection's."""
    environment = given(os.environ, order["without"], order["passed"], order["secret"], order["assigned"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        guardian = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(GUARDIAN),
            str(order["grace"]),
            *order["command"],
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            env={**environment, **order["environment"]},
            start_new_session=True,
        )
    finally:
        os.close(log)
    assert guardian.stdin is not None
    assert guardian.stdout is not None
    ended = asyncio.ensure_future(guardian.wait())
    try:
        pid = await guardian.stdout.readline()
        writer.write(json.dumps({"pid": int(pid or 0)}).encode() + b"\n")
        order_to_end = asyncio.ensure_future(reader.read(1))
        await asyncio.wait((ended, order_to_end), return_when=asyncio.FIRST_COMPLETED)
        if order_to_end.done() and not ended.done() and order_to_end.result() == b"!":
            guardian.stdin.write(b"!")
        order_to_end.cancel()
    finally:
        guardian.stdin.close()
        status = await ended
        with contextlib.suppress(OSError):
            writer.write(json.dumps({"status": status}).encode() + b"\n")
            await writer.drain()


def given(environment, without, passed, secret, assigned) -> dict:  # type: ignore[type-arg, no-untyped-def]
    """The environment without those names, and without what is secret and isn't `passed`.

    secret: a pattern in its name. assigned: one in NAME=value.
    """
    return {
        name: value
        for name, value in environment.items()
        if name not in without
        and (name in passed or not (re.search(secret, name.upper()) or re.search(assigned, f"{name.upper()}={value}")))
    }


def announce(folder: Path, rank: int, port: int, token: str) -> None:
    """rank-N.json, whole or not at all, for the user's eyes only."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        address = name
    told = {"host": name, "address": address, "port": port, "token": token}
    told["devices"] = os.environ.get("CUDA_VISIBLE_DEVICES")
    temporary = folder / f".rank-{rank}.{os.getpid()}.tmp"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(told, file)
    temporary.replace(folder / f"rank-{rank}.json")


if __name__ == "__main__":
    asyncio.run(
        Step().serve(
            Path(sys.argv[1]), int(os.environ.get("SLURM_PROCID", "0")), int(sys.argv[2]), "--until-eof" in sys.argv
        )
    )
