"""`ns doctor` as it is typed, also on a machine where nothing answers."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import Ns
from tests.waiting import wait_for

HANGING = ("nvidia-smi", "sinfo", "docker", "podman", "vllm")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH whose commands never answer; the interpreter beside `vllm` neither."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (*HANGING, "python"):
        file = folder / name
        file.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/started\nexec sleep 600\n")
        file.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_it_prints_a_line_for_each_thing_and_the_exit_code_says_whether_one_failed(ns: Ns, tmp_path: Path) -> None:
    done = ns("doctor", "--timeout=30", HF_HUB_OFFLINE="1", MODEL_API_KEY="sk-0123456789abcdefgh")
    states = [line.split()[0] for line in done.stdout.splitlines() if line[:4].strip()][:-1]
    assert {"ok"} <= set(states) <= {"ok", "warn", "FAIL"}
    assert (done.returncode, done.stderr) == ((1, "error: 1 check failed.\n") if "FAIL" in states else (0, ""))
    assert "set: MODEL_API_KEY" in done.stdout
    assert "0123456789" not in done.stdout


def test_where_nothing_answers_it_ends_in_time_and_leaves_no_process(ns: Ns, path: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = monotonic()
        done = ns("doctor", "--json", PATH=path, HF_ENDPOINT=hub, HF_HUB_OFFLINE="0", OPENAI_API_KEY="a\nb")
        took = monotonic() - begun
    found = json.loads(done.stdout)
    states = {check["check"]: check["state"] for check in found["checks"]}
    assert [states[name] for name in ("gpus", "slurm", "containers", "hub")] == ["warn"] * 4
    assert (states["keys"], done.returncode) == ("fail", 1)
    assert found["fail"] >= 1
    assert took < 2 + 8  # the checks, and a start of Python on a busy machine
    started = (tmp_path / "started").read_text().split()
    assert len(started) >= len(HANGING) - 1
    assert wait_for(lambda: not [number for number in started if Path(f"/proc/{number}").exists()])


def test_bad_words_are_refused(ns: Ns) -> None:
    for words, said in [
        (("--timeout=0",), "timeout"),
        (("--cluster=nowhere",), "unknown cluster 'nowhere'"),
        (("--jsn",), "--json"),
    ]:
        done = ns("doctor", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
