"""A link that dies without a word, as where a NAT forgets a silent connection: two network namespaces and a cable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
"""Of the block that is set apart for examples, and in namespaces of our own."""

ASK = """
import asyncio, sys
from northstar.models.client import links
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint

links.LIVENESS = links.Liveness(idle=1, every=1, lost=3)
QUESTION = {"model": "mock", "messages": [{"role": "user", "content": "hello"}]}

async def main():
    async with ModelClient(Endpoint(address=sys.argv[1], model="mock"), max_retries=30) as client:
        if "idle" in sys.argv:
            await client.ask(QUESTION)
            print("idle", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
        asked = asyncio.ensure_future(client.ask(QUESTION))
        while not client.counts.retries and not asked.done():
            await asyncio.sleep(0.1)
        print(client.counts.last_failure, flush=True)
        await asked
        print("answered", flush=True)

asyncio.run(main())
"""
LOST = "connection lost: no sign of life from the other end for 3 s"


@dataclass(frozen=True)
class Cable:
    """Two namespaces. cut, mend: the server's side loses and finds the way back; neither end is told."""

    server: str
    client: str

    def in_server(self, *words: str) -> None:
        subprocess.run(["ip", "netns", "exec", self.server, *words], check=True, capture_output=True)

    def cut(self) -> None:
        self.in_server("ip", "route", "add", "blackhole", f"{CLIENT}/32")

    def mend(self) -> None:
        self.in_server("ip", "route", "del", "blackhole", f"{CLIENT}/32")


@pytest.fixture
def cable() -> Iterator[Cable]:
    """Skipped loudly where there are no namespaces to be had."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("NO LINK TO CUT: this needs `ip` (iproute2) and root")
    ends = Cable(f"ns-test-s{os.getpid()}", f"ns-test-c{os.getpid()}")
    with ExitStack() as stack:
        for name in (ends.server, ends.client):
            if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
                pytest.skip("NO LINK TO CUT: there are no network namespaces to be had here")
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=True)
        words = f"link add s0 netns {ends.server} type veth peer name c0 netns {ends.client}"
        subprocess.run(["ip", *words.split()], check=True)
        for name, link, address in ((ends.server, "s0", SERVER), (ends.client, "c0", CLIENT)):
            subprocess.run(["ip", "-n", name, "addr", "add", f"{address}/30", "dev", link], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", link, "up"], check=True)
        yield ends


@contextmanager
def started(namespace: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program in a namespace, killed at the end."""
    command = ["ip", "netns", "exec", namespace, sys.executable, *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def until_something_is_in(file: Path) -> None:
    deadline = time.monotonic() + 120
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("fault", ["hang", "pause"], ids=["before its first word", "in its middle"])
def test_an_answer_that_waits_behind_a_dead_link_is_asked_for_again(cable: Cable, fault: str, tmp_path: Path) -> None:
    arrived = tmp_path / "log"
    serve = ("-m", "tests.mock_server", f"--listen_at={SERVER}", f"--first={fault}", f"--log={arrived}")
    with started(cable.server, *serve) as server, started(cable.client, "-c", ASK, line_of(server)) as client:
        until_something_is_in(arrived)
        cable.cut()
        assert line_of(client) == LOST
        cable.mend()
        assert line_of(client) == "answered"


def test_a_request_sent_into_a_dead_link_is_sent_again(cable: Cable) -> None:
    serve = ("-m", "tests.mock_server", f"--listen_at={SERVER}")
    with started(cable.server, *serve) as server, started(cable.client, "-c", ASK, line_of(server), "idle") as client:
        assert line_of(client) == "idle"
        cable.cut()
        assert client.stdin is not None
        client.stdin.write("go on\n")
        client.stdin.flush()
        assert line_of(client) == LOST
        cable.mend()
        assert line_of(client) == "answered"
