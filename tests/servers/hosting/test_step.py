"""Processes that another step of the job starts: over its connection they begin, and end with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from northstar.config.plan import ServerStep
from northstar.core.errors import NorthstarError
from northstar.servers.hosting import step as program
from northstar.servers.hosting.process import Start
from northstar.servers.hosting.step_process import Rank, StepProcess, ranks_of
from tests.servers.hosting.family import FAMILY, all_gone, family
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are caught on Linux alone")

Begin = Callable[..., "subprocess.Popen[bytes]"]
WORKER = """
import asyncio, sys
from pathlib import Path
from northstar.config.plan import ServerStep
from northstar.servers.hosting.process import Start
from northstar.servers.hosting.step_process import StepProcess, ranks_of
async def main():
    folder = Path(sys.argv[1])
    ranks = await ranks_of(ServerStep(folder=folder, logs=folder, code=folder), 30)
    start = Start(command=[sys.executable, "-c", sys.argv[2], str(folder)])
    process = await StepProcess.start(ranks, [start], folder / "log", 1)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start the step's program, as of one rank."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(rank: int = 0, ranks: int = 1, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, program.__file__, str(tmp_path), str(ranks), *words]
        environment = {**os.environ, "SLURM_PROCID": str(rank), "CUDA_VISIBLE_DEVICES": "4,5", "A_KEY": "secret"}
        begun.append(subprocess.Popen(command, env=environment, stdin=subprocess.PIPE))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def step(folder: Path, ranks: int = 1) -> ServerStep:
    return ServerStep(folder=folder, logs=folder, code=folder, ranks=ranks)


async def started(folder: Path, code: str, ranks: int = 1) -> tuple[list[Rank], StepProcess]:
    found = await ranks_of(step(folder, ranks), 30)
    start = Start(command=[sys.executable, "-c", code, str(folder)], environment={"SAID": "so"}, without=["A_KEY"])
    return found, await StepProcess.start(found, [start for _ in found], folder / "log", 1)


async def until_ended(process: StepProcess) -> str:
    async with asyncio.timeout(30):
        while process.ended is None:
            await asyncio.sleep(0.02)
        return process.ended


def test_a_command_runs_there_with_its_environment_and_log(begin: Begin, tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['SAID'], os.environ.get('A_KEY'), flush=True); sys.exit(3)"

    async def check() -> None:
        ranks, process = await started(tmp_path, code)
        assert await until_ended(process) == "ended with status 3"
        assert ranks[0].devices == "4,5"
        await process.end()

    begin()
    asyncio.run(check())
    assert (tmp_path / "log").read_text() == "so None\n"


def test_the_token_is_for_the_user_alone_and_without_it_nothing_starts(begin: Begin, tmp_path: Path) -> None:
    async def check() -> None:
        (rank,) = await ranks_of(step(tmp_path), 30)
        reader, writer = await asyncio.open_connection("127.0.0.1", rank.port)
        order = {"token": "guess", "command": ["touch", str(tmp_path / "made")], "environment": {}, "grace": 0}
        writer.write(json.dumps({**order, "log": str(tmp_path / "log")}).encode() + b"\n")
        assert await reader.read() == b""
        writer.close()

    begin()
    asyncio.run(check())
    assert not (tmp_path / "made").exists()
    assert (tmp_path / "rank-0.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_worker(begin: Begin, how: signal.Signals, tmp_path: Path) -> None:
    begin()
    with subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), FAMILY]) as worker:
        pids = family(tmp_path)
        worker.send_signal(how)
    assert all_gone(pids)


@pytest.mark.parametrize("how", ["term", "kill", "eof"])
def test_nothing_outlives_the_step_and_the_worker_knows(begin: Begin, how: str, tmp_path: Path) -> None:
    process = begin(0, 1, "--until-eof") if how == "eof" else begin()

    async def check() -> dict[str, int]:
        _, held = await started(tmp_path, FAMILY)
        pids = await asyncio.to_thread(family, tmp_path)
        if how == "eof":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM if how == "term" else signal.SIGKILL)
        assert await until_ended(held)
        await held.end()
        return pids

    assert all_gone(asyncio.run(check()))


def test_over_two_ranks_the_end_of_one_is_the_end_of_all(begin: Begin, tmp_path: Path) -> None:
    code = "import os, sys, time; time.sleep(600 if os.environ['SLURM_PROCID'] == '0' else 0.2); sys.exit(5)"

    async def check() -> None:
        ranks, process = await started(tmp_path, code, ranks=2)
        assert len(ranks) == 2
        assert await until_ended(process) == "ended with status 5"
        before = time.monotonic()
        await process.end(now=True)
        assert time.monotonic() - before < 20

    begin(0, 2)
    begin(1, 2)
    asyncio.run(check())
    assert wait_for((tmp_path / "log-node1").exists)


def test_a_step_that_ended_is_not_waited_for_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "step.log").write_text("pyxis: couldn't import image me/vllm:2\n")
    (tmp_path / "ended").write_text("status 1\n")
    with pytest.raises(NorthstarError, match=r"ended before it was ready(.|\n)*couldn't import image me/vllm:2"):
        asyncio.run(ranks_of(step(tmp_path), 30))


def test_a_step_that_does_not_come_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="was not there after"):
        asyncio.run(ranks_of(step(tmp_path), 0.01))


def test_a_rank_that_is_gone_counts_as_ended(tmp_path: Path) -> None:
    async def check() -> str | None:
        gone = Rank(host="node7", address="127.0.0.1", port=9, token="t", devices=None)
        process = await StepProcess.start([gone], [Start(command=["true"])], tmp_path / "log", 1)
        await process.end()
        return process.ended

    assert asyncio.run(check()) == "lost its step on node7"


RANK = {"host": "node-1", "address": "10.0.0.1", "port": 4711, "token": "t", "devices": None}


@pytest.mark.parametrize("address", ["10.0.0.1", "node_1.cluster", "::1", "fe80::1%eth0"])
def test_a_rank_says_where_it_listens(address: str, tmp_path: Path) -> None:
    (tmp_path / "rank-0.json").write_text(json.dumps(RANK | {"address": address}))
    (rank,) = asyncio.run(ranks_of(step(tmp_path), 1))
    assert (rank.address, rank.port) == (address, 4711)


@pytest.mark.parametrize(
    "changed",
    [
        {"port": 0},
        {"port": -1},
        {"port": 65536},
        {"port": "4711"},
        {"port": True},
        {"port": None},
        {"host": "-oProxyCommand=x"},
        {"host": ""},
        {"host": ["a"]},
        {"address": "a b"},
        {"address": "a;b"},
        {"token": 5},
        {"devices": 5},
        {"more": 1},
    ],
)
def test_a_rank_that_says_something_else_is_asked_for_nothing(changed: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "rank-0.json").write_text(json.dumps(RANK | changed))
    with pytest.raises(NorthstarError, match=r"rank-0\.json"):
        asyncio.run(ranks_of(step(tmp_path), 1))


@pytest.mark.parametrize("content", ["", "[]", "null", "[" * 3000, '{"host": "a"}'])
def test_a_damaged_rank_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "rank-0.json").write_text(content)
    with pytest.raises(NorthstarError, match=r"cannot read .*rank-0\.json"):
        asyncio.run(ranks_of(step(tmp_path), 1))
