"""One run over several servers: faster ones have more, one that dies loses nothing, one that joins gets work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Ns
from tests.integration.started_servers import has_journalled, last_run, samples
from tests.mock_server.process import MockProcess, mock_process
from tests.waiting import wait_for

SAMPLES = 24 * 20
Start = Callable[..., MockProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a mock server with the given options."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(mock_process("--tokens=20", *options))


def words(output: Path, *servers: str, at_once: int = 40) -> list[str]:
    return [
        *("eval", "--benchmarks=smoke:20", f"--output_dir={output}", "--model=mock", "--server_type=openai"),
        *(*servers, f"++max_concurrent_requests={at_once}"),
    ]


def at(*servers: MockProcess) -> list[str]:
    return [f"--server_address={server.address}" for server in servers]


def events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def answered(*logs: Path) -> Counter[tuple[str, int]]:
    """How often each sample was answered."""
    seen = (each for log in logs for each in events(log))
    return Counter((each["message"], each["seed"]) for each in seen if each["event"] == "answered")


def mean_in_flight(log: Path, begin: float, end: float) -> float:
    """Requests at a server, on average between two times."""
    changes = sorted((each["time"], 1 if each["event"] == "arrived" else -1) for each in events(log))
    spent, count, before = 0.0, 0, begin
    for time, change in [*changes, (end, 0)]:
        if begin < time <= end:
            spent, before = spent + count * (time - before), time
        count += change
    return spent / (end - begin)


def begun(output: Path, *servers: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "northstar", *words(output, *servers)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What a run said, once it has ended well."""
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def changes(output: Path) -> list[tuple[str, str]]:
    """(address, what happened to it) of the last run."""
    return [(each["server"], each["what"]) for each in last_run(output)["server_changes"]]


@pytest.mark.slow
def test_requests_in_flight_follow_the_speeds_of_the_servers(ns: Ns, start: Start, tmp_path: Path) -> None:
    slow, fast = tmp_path / "slow.log", tmp_path / "fast.log"
    servers = start("--delay=0.5", "--slots=2", f"--log={slow}"), start("--delay=0.5", "--slots=8", f"--log={fast}")
    done = ns(*words(tmp_path / "out", *at(*servers)))
    assert done.returncode == 0, done.stderr
    times = [each["time"] for each in events(fast)]
    first, last = min(times), max(times)
    middle = first + 0.4 * (last - first), first + 0.8 * (last - first)
    assert 2.5 < mean_in_flight(fast, *middle) / mean_in_flight(slow, *middle) < 5
    assert set(answered(slow, fast).values()) == {1}


@pytest.mark.slow
def test_what_a_server_that_is_killed_had_is_asked_elsewhere_and_nothing_twice(start: Start, tmp_path: Path) -> None:
    output, logs = tmp_path / "out", [tmp_path / "stays.log", tmp_path / "dies.log"]
    stays, dies = (start("--delay=0.2", "--slots=10", f"--log={log}") for log in logs)
    run = begun(output, *at(stays, dies))
    assert wait_for(lambda: has_journalled(output, SAMPLES // 5))
    os.kill(dies.pid, signal.SIGKILL)
    said = ended(run)
    assert len(set(samples(output))) == len(samples(output)) == SAMPLES
    assert set(answered(*logs).values()) == {1}
    assert f"server {dies.address} has left (cannot connect: " in said
    assert last_run(output)["asked_again"] > 0
    assert last_run(output)["retries"] == 0


@pytest.mark.slow
def test_a_server_that_is_appended_to_the_file_gets_work(start: Start, tmp_path: Path) -> None:
    output, file, log = tmp_path / "out", tmp_path / "servers.txt", tmp_path / "joins.log"
    first = start("--delay=0.2", "--slots=8")
    file.write_text(f"# our servers\n{first.address}  # the first\nhttp//wrong\n\n")
    run = begun(output, f"--server_addresses={file}")
    assert wait_for(lambda: has_journalled(output, SAMPLES // 5))
    joins = start("--delay=0.2", "--slots=8", f"--log={log}")
    with file.open("a") as servers:
        servers.write(f"{joins.address}\n")
    said = ended(run)
    assert len(set(samples(output))) == len(samples(output)) == SAMPLES
    assert len(answered(log)) > SAMPLES / 8
    assert changes(output) == [(first.address, "has joined"), (joins.address, "has joined")]
    assert f"{file}, line 3='http//wrong' must look like http://host:8000/v1. That line is left out." in said
    assert f"server {joins.address} has joined." in next((output / "eval-logs").rglob("run.log")).read_text()


@pytest.mark.slow
def test_a_server_that_is_taken_out_of_the_file_answers_what_it_has_and_gets_no_more(
    start: Start, tmp_path: Path
) -> None:
    output, file, logs = tmp_path / "out", tmp_path / "servers.txt", [tmp_path / "a.log", tmp_path / "b.log"]
    stays, goes = (start("--delay=0.2", "--slots=8", f"--log={log}") for log in logs)
    file.write_text(f"{stays.address}\n{goes.address}\n")
    run = begun(output, f"--server_addresses={file}")
    assert wait_for(lambda: has_journalled(output, SAMPLES // 5))
    file.write_text(f"{stays.address}\n")
    ended(run)
    assert len(samples(output)) == SAMPLES
    assert set(answered(*logs).values()) == {1}
    assert len(answered(logs[1])) < SAMPLES / 2
    assert last_run(output)["asked_again"] == 0


@pytest.mark.slow
def test_a_server_with_another_model_is_refused_in_a_sentence(ns: Ns, start: Start, tmp_path: Path) -> None:
    log = tmp_path / "other.log"
    mine = start('--listed={"root": "/models/mine"}')
    others = start('--listed={"root": "/models/another"}', f"--log={log}"), start("--models=third", f"--log={log}")
    done = ns(*words(tmp_path / "out", *at(mine, *others)))
    assert done.returncode == 0, done.stderr
    why = "it serves another model: its root is '/models/another', that of the others '/models/mine'"
    assert f"server {others[0].address} is left out ({why}); it is asked again." in done.stderr
    assert f"server {others[1].address} is left out (the server at {others[1].address}" in done.stderr
    assert "has no model 'mock'. It serves third" in done.stderr
    assert events(log) == []


@pytest.mark.slow
def test_a_server_that_is_back_is_asked_again(start: Start, tmp_path: Path) -> None:
    output, log = tmp_path / "out", tmp_path / "back.log"
    stays, dies = (start("--delay=0.3", "--slots=8") for _ in range(2))
    run = begun(output, *at(stays, dies))
    assert wait_for(lambda: has_journalled(output, SAMPLES // 8))
    os.kill(dies.pid, signal.SIGKILL)
    port = dies.address.rpartition(":")[2].removesuffix("/v1")
    start("--delay=0.3", "--slots=8", f"--port={port}", f"--log={log}")
    ended(run)
    assert len(set(samples(output))) == len(samples(output)) == SAMPLES
    assert len(answered(log)) > 0


@pytest.mark.slow
def test_a_run_waits_for_the_first_server_of_its_file(start: Start, tmp_path: Path) -> None:
    output, file = tmp_path / "out", tmp_path / "servers.txt"
    file.touch()
    run = begun(output, f"--server_addresses={file}")
    file.write_text(f"{start().address}\n")
    ended(run)
    assert len(samples(output)) == SAMPLES


def test_given_addresses_of_which_none_answers_end_the_run_at_once(ns: Ns, tmp_path: Path) -> None:
    done = ns(
        *words(tmp_path / "out", "--server_address=http://127.0.0.1:1/v1", "--server_address=http://127.0.0.1:2/v1")
    )
    assert done.returncode == 1
    assert "none of 2 servers can be asked; of the first: no server answers at http://127.0.0.1:1/v1: " in done.stderr


def test_a_file_of_addresses_that_is_missing_is_named(ns: Ns, tmp_path: Path) -> None:
    done = ns(*words(tmp_path / "out", f"--server_addresses={tmp_path}/none"))
    assert done.returncode == 1
    assert f"--server_addresses={tmp_path}/none: there is no such file; it may be empty for a start." in done.stderr
