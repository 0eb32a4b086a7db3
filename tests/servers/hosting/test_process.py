"""What is started ends with who started it, whatever it does against that."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from northstar.servers.hosting.process import HostedProcess, Start
from tests.servers.hosting.family import FAMILY, alive, all_gone, family
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are caught on Linux alone")

WORKER = """
import sys, time
from pathlib import Path
from northstar.servers.hosting.process import HostedProcess, Start
folder = sys.argv[1]
process = HostedProcess(Start(command=[sys.executable, "-c", sys.argv[2], folder]), Path(folder, "log"), grace=1)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_nothing_outlives_a_worker_however_that_ends(how: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), FAMILY]) as worker:
        pids = family(tmp_path)
        assert all(map(alive, pids.values()))
        worker.send_signal(how)
    assert all_gone(pids)


def started(folder: Path, code: str, grace: float = 1) -> HostedProcess:
    return HostedProcess(Start(command=[sys.executable, "-c", code, str(folder)]), folder / "log", grace=grace)


def test_ending_it_ends_all_of_it(tmp_path: Path) -> None:
    process = started(tmp_path, FAMILY)
    pids = family(tmp_path)
    asyncio.run(process.end())
    assert not any(map(alive, pids.values()))


def test_what_a_server_that_died_left_behind_is_ended_too(tmp_path: Path) -> None:
    process = started(tmp_path, FAMILY)
    pids = family(tmp_path)
    os.kill(pids["server"], signal.SIGKILL)
    assert wait_for(lambda: process.ended == "was ended by SIGKILL")
    assert all_gone(pids)
    asyncio.run(process.end())


def test_one_that_is_stopped_can_be_ended(tmp_path: Path) -> None:
    process = started(tmp_path, FAMILY)
    pids = family(tmp_path)
    os.kill(pids["server"], signal.SIGSTOP)
    asyncio.run(process.end(now=True))
    assert not any(map(alive, pids.values()))


def test_a_server_may_put_its_things_in_order_first(tmp_path: Path) -> None:
    tidy = (
        "import signal, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1], 'tidy').touch(), sys.exit(0)))\n"
        "pathlib.Path(sys.argv[1], 'up').touch(); time.sleep(600)"
    )
    process = started(tmp_path, tidy, grace=20)
    assert wait_for((tmp_path / "up").exists)
    asyncio.run(process.end())
    assert (tmp_path / "tidy").exists()


def test_a_guardian_that_is_killed_takes_the_server_with_it(tmp_path: Path) -> None:
    process = started(tmp_path, FAMILY)
    pids = family(tmp_path)
    guardian = int(Path(f"/proc/{pids['server']}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(guardian, signal.SIGKILL)
    assert wait_for(lambda: process.ended == "lost its guardian to SIGKILL")
    assert all_gone({name: pids[name] for name in ("server", "child")})
    os.kill(pids["daemon"], signal.SIGKILL)
    asyncio.run(process.end())


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("raise SystemExit(3)", "ended with status 3"),
        ("", "ended with status 0"),
        ("import os; os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
    ],
)
def test_how_it_ended_is_told_in_words(code: str, ended: str, tmp_path: Path) -> None:
    process = started(tmp_path, code)
    assert wait_for(lambda: process.ended is not None)
    assert process.ended == ended
    asyncio.run(process.end())


def test_a_program_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    process = HostedProcess(Start(command=["/no/such/program"]), tmp_path / "log", grace=0)
    assert wait_for(lambda: process.ended == "ended with status 127")
    assert (tmp_path / "log").read_text() == "cannot start /no/such/program: No such file or directory\n"
    asyncio.run(process.end())


def test_what_it_prints_is_added_to_the_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("before\n")
    process = started(tmp_path, "import sys, os; print('out', flush=True); print(os.environ['HOME'], file=sys.stderr)")
    assert wait_for(lambda: process.ended is not None)
    assert (tmp_path / "log").read_text() == f"before\nout\n{os.environ['HOME']}\n"
    asyncio.run(process.end())
