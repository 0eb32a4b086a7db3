"""What is its own in each life of a server: the log, the end with its cause, and, if need be, the port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from northstar.costs.held import held_servers
from northstar.costs.times import read_answer_times
from northstar.statistics.gpu_hours import split
from tests.conftest import Ns
from tests.integration.started_servers import MOCK, last_run, servers, words
from tests.waiting import wait_for

pytestmark = pytest.mark.usefixtures("from_the_checkout")


def test_why_it_died_is_told_while_it_is_started_again(ns: Ns, tmp_path: Path) -> None:
    once = tmp_path / "serve.sh"
    once.write_text(
        f'#!/bin/sh\n{MOCK} "$@" &\n[ -e {tmp_path}/died ] && wait\n'
        f'sleep 4; touch {tmp_path}/died; echo "CUDA error: out of memory"; kill $!; exit 7\n'
    )
    once.chmod(0o755)
    done = ns(*words(tmp_path / "out", "--delay 0.5", entrypoint=str(once)))
    assert done.returncode == 0, done.stderr
    (restart,) = last_run(tmp_path / "out")["server_restarts"]
    assert (restart["why"], restart["cause"][:31]) == ("ended with status 7", "the GPU's memory is too small: ")
    assert "1 restart of the server (ended with status 7: the GPU's memory is too small: " in done.stderr


def test_the_run_says_how_long_its_server_was_held_and_how_long_it_started_and_idled(ns: Ns, tmp_path: Path) -> None:
    done = ns(*words(tmp_path / "out", "--delay 0.5"))
    assert done.returncode == 0, done.stderr
    times = last_run(tmp_path / "out")["server_time"]
    assert times["gpus"] is None
    assert times["seconds"] - times["starting"] - times["idle"] > 24 * 4 / 8 * 0.5 - 0.5
    assert times["starting"] > 0
    answers = read_answer_times(tmp_path / "out").spans
    found = split(held_servers([last_run(tmp_path / "out")], answers).servers, answers)
    assert (found.hours.found, found.bare, found.outside) == (24 * 4, 0, 0)
    assert found.hours.all == pytest.approx(times["seconds"] / 3600)
    assert found.hours.start >= times["starting"] / 3600
    assert found.hours.answers * 3600 > 24 * 4 / 8 * 0.5 - 1


def test_each_life_has_a_log_of_its_own_and_so_has_the_next_run(ns: Ns, tmp_path: Path) -> None:
    once = tmp_path / "serve.sh"
    once.write_text(
        f'#!/bin/sh\n{MOCK} "$@" &\n[ -e {tmp_path}/died ] && wait\nsleep 4; touch {tmp_path}/died; kill $!; exit 7\n'
    )
    once.chmod(0o755)
    output = tmp_path / "out"
    first = ns(*words(output, "--delay 0.5", entrypoint=str(once)))
    assert first.returncode == 0, first.stderr
    (restart,) = last_run(output)["server_restarts"]
    assert restart["log"] == f"{output}/eval-logs/generic-server.log"
    second = ns(*words(output, "--delay 0.5", entrypoint=str(once)), "--rerun_done")
    assert second.returncode == 0, second.stderr
    assert last_run(output)["server"]["logs"] == [f"{output}/eval-logs/generic-server.3.log"]
    logs = sorted(file.name for file in (output / "eval-logs").glob("*.log"))
    assert logs == ["generic-server.2.log", "generic-server.3.log", "generic-server.log"]


def test_where_its_port_is_taken_when_it_is_started_again_it_takes_another(tmp_path: Path) -> None:
    given = ["server", "--server_type=generic", f"--server_entrypoint={MOCK}", "--model=mock", f"--log_dir={tmp_path}"]
    with subprocess.Popen([sys.executable, "-m", "northstar", *given], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        (server,) = wait_for(servers)
        os.kill(server, signal.SIGKILL)
        with taken(urlsplit(address).port or 0):
            another = process.stdout.readline().strip()
            assert another != address
            assert urlopen(f"{another}/models", timeout=10).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def taken(port: int) -> socket.socket:
    """The port, as soon as its server has gone."""

    def bound() -> socket.socket | None:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            return None

    listener = wait_for(bound)
    assert listener is not None, f"port {port} is still taken"
    return listener
