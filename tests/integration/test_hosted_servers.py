"""Servers that `ns eval` starts, with the mock server as one: their lives, their deaths, and what is left of both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.servers import generic
from northstar.servers.hosting import replica
from tests.conftest import ROOT, Ns
from tests.integration.started_servers import MOCK, has_journalled, journalled, last_run, samples, servers, words
from tests.waiting import wait_for

pytestmark = pytest.mark.usefixtures("from_the_checkout")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start an `ns eval` that a test can meet with signals."""
    started: list[subprocess.Popen[str]] = []

    def start(*given: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path / "data")}
        process = subprocess.Popen(
            [sys.executable, "-m", "northstar", *given],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_server_is_started_asked_and_ended(ns: Ns, tmp_path: Path) -> None:
    done = ns(*words(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert len(set(samples(tmp_path / "out"))) == 96
    server = last_run(tmp_path / "out")["server"]
    assert server["commands"][0].startswith(f"{MOCK} --model mock --port ")
    assert Path(server["logs"][0]).read_text().startswith("http://127.0.0.1:")
    assert servers() == []


def test_killed_three_times_it_is_started_again_and_nothing_is_missing(
    worker: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    process = worker(*words(output, "--delay 0.3"))
    for death in range(3):
        assert wait_for(partial(has_journalled, output, 8 * (death + 1)))
        (server,) = wait_for(servers)
        os.kill(server, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert "pass@4" in stdout
    assert sorted(samples(output)) == sorted(set(samples(output)))
    assert len(samples(output)) == 96
    run = last_run(output)
    assert [restart["why"] for restart in run["server_restarts"]] == ["was ended by SIGKILL"] * 3
    assert (run["retries"], run["left_open"]) == (0, 0)
    assert 3 <= run["asked_again"] <= 24
    assert "3 restarts of the server" in stderr


def test_more_deaths_than_restarts_end_the_run_and_what_is_done_is_kept(ns: Ns, tmp_path: Path) -> None:
    suicidal = tmp_path / "serve.sh"
    suicidal.write_text(f'#!/bin/sh\n{MOCK} "$@" &\nsleep 4; echo "CUDA error: out of memory"; kill $!; exit 7\n')
    suicidal.chmod(0o755)
    options: dict[str, Any] = {"server_restarts": 1, "entrypoint": str(suicidal)}
    done = ns(*words(tmp_path / "out", "--delay 1", **options))
    assert done.returncode == 1
    cause = "the entrypoint's server ended with status 7 (after 1 restart in a row). Likely cause: the GPU's"
    assert cause in done.stderr
    assert 0 < journalled(tmp_path / "out") < 96
    run = last_run(tmp_path / "out")
    assert (run["ending"], len(run["server_restarts"]), run["left_open"] > 0) == ("failed", 1, True)


def test_one_that_hangs_without_closing_is_noticed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generic.Entrypoint, "hung_after", 1.0)
    monkeypatch.setattr(replica, "PROBE_TIMEOUT", 0.5)
    monkeypatch.setattr(replica, "PROBE_SECONDS", 0.2)
    output = tmp_path / "out"
    stopper = subprocess.Popen([sys.executable, "-c", STOPPER, str(output)], cwd=ROOT)
    result = northstar.evaluate(
        "smoke:4",
        output_dir=output,
        model="mock",
        server_type="generic",
        server_entrypoint=MOCK,
        server_args="--delay 0.3",
        overrides=["++max_concurrent_requests=8"],
        progress=False,
    )
    assert stopper.wait(timeout=30) == 0
    assert result.counters.server.restarts[0].why == "did not answer its health check for 1 s"
    assert len(set(samples(output))) == len(samples(output)) == 96
    assert result.counters.retries == 0


STOPPER = """
import os, signal, sys
from pathlib import Path
from tests.integration.started_servers import journalled, servers
from tests.waiting import wait_for
assert wait_for(lambda: journalled(Path(sys.argv[1])) >= 8)
(server,) = servers()
os.kill(server, signal.SIGSTOP)
"""


def test_answers_that_are_no_json_leave_their_samples_open(ns: Ns, tmp_path: Path) -> None:
    done = ns(*words(tmp_path / "out", "--always truncated_json"), "++max_retries=0")
    assert done.returncode == 1
    assert "20 requests in a row got no answer (answered with no JSON: " in done.stderr
    assert last_run(tmp_path / "out")["server_restarts"] == []
    assert servers() == []


def test_some_answers_that_are_no_json_are_asked_for_again(ns: Ns, tmp_path: Path) -> None:
    done = ns(*words(tmp_path / "out", "--first truncated_json,html,truncated_json"))
    assert done.returncode == 0, done.stderr
    assert last_run(tmp_path / "out")["retries"] == 3


def test_out_of_memory_at_the_start_is_told_with_its_cause(ns: Ns, tmp_path: Path) -> None:
    greedy = f"sh -c 'ulimit -v 300000; exec {sys.executable} -c \"bytearray(2**30)\" {{port}}'"
    done = ns(*words(tmp_path / "out", entrypoint=greedy))
    assert done.returncode == 1
    assert "the entrypoint's server ended with status 1 before it was ready. Likely cause: this machine" in done.stderr
    assert "MemoryError" in done.stderr
    assert len(done.stderr.splitlines()) < 24


def test_one_that_never_becomes_ready_is_given_up_on(ns: Ns, tmp_path: Path) -> None:
    lazy = "sh -c 'echo loading shard 3 of 9; sleep 600 # {port}'"
    done = ns(*words(tmp_path / "out", entrypoint=lazy, server_start_timeout=2))
    assert done.returncode == 1
    assert "the entrypoint's server was not ready after 2 s." in done.stderr
    assert "  loading shard 3 of 9" in done.stderr
    assert "starting generic … loading shard 3 of 9" in done.stderr


def test_one_that_is_started_is_sent_no_key(ns: Ns, tmp_path: Path) -> None:
    demanding = words(tmp_path / "out", "--key_variable OPENAI_API_KEY", server_start_timeout=3)
    done = ns(*demanding, OPENAI_API_KEY="sk-of-the-judge", MODEL_API_KEY="sk-of-the-judge")
    assert "the entrypoint's server was not ready after 3 s." in done.stderr


def test_replicas_share_the_work(ns: Ns, tmp_path: Path) -> None:
    options: dict[str, Any] = {"server_gpus": 4, "server_replicas": 2}
    output = tmp_path / "out"
    log = tmp_path / "asked"
    done = ns(*words(output, f"--delay 0.2 --log {log}-{{port}} --port {{port}} --models mock", **options))
    assert done.returncode == 0, done.stderr
    server = last_run(output)["server"]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in server["environment"]] == ["0,1", "2,3"]
    asked = [file.read_text().count('"arrived"') for file in tmp_path.glob("asked-*")]
    assert sum(asked) == 96
    assert min(asked) >= 40


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_server_outlives_its_worker(
    how: signal.Signals, worker: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = worker(*words(tmp_path / "out", "--delay 1"))
    assert wait_for(lambda: journalled(tmp_path / "out"))
    assert len(servers()) == 1
    process.send_signal(how)
    process.communicate(timeout=60)
    assert wait_for(lambda: not servers(), 30)


def test_one_started_by_hand_serves_several_runs(
    worker: Callable[..., subprocess.Popen[str]], ns: Ns, tmp_path: Path
) -> None:
    given = ["server", "--server_type=generic", f"--server_entrypoint={MOCK}", "--model=mock"]
    process = worker(*given, f"--log_dir={tmp_path}/logs")
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    for name in ("one", "two"):
        done = ns(
            "eval",
            "--benchmarks=smoke",
            f"--output_dir={tmp_path / name}",
            "--model=mock",
            f"--server_address={address}",
        )
        assert done.returncode == 0, done.stderr
    os.kill(servers()[0], signal.SIGKILL)
    assert wait_for(lambda: len(servers()) == 1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"mock is served; log: {tmp_path}/logs/generic-server.log. Ctrl-C ends it." in stderr
    assert servers() == []
