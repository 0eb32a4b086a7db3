"""`ns eval` on this machine with the server, and the worker, in real containers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.cluster.real_podman import IMAGE

pytestmark = [pytest.mark.real_podman, pytest.mark.slow]

PROGRAMS = sorted({"/usr", "/etc", sys.prefix, sys.base_prefix})
"""The image is empty; programs are the host's own, mounted."""


Config = Callable[..., "tuple[str, str]"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A cluster config whose `containers` are those of these names."""

    def write(*names: str) -> tuple[str, str]:
        (tmp_path / "host").mkdir(exist_ok=True)
        held = {
            "executor": "local",
            "container_runtime": "podman",
            "mounts": [f"{tmp_path}/host:/workspace", *(f"{folder}:{folder}:ro" for folder in PROGRAMS)],
            "containers": dict.fromkeys(names, IMAGE),
            "interpreters": {"northstar": sys.executable, "llamacpp": sys.executable},
        }
        (tmp_path / "box.yaml").write_text(json.dumps(held))
        return "--cluster=box", f"--config_dir={tmp_path}"

    return write


EMBEDDED = ("--benchmarks=smoke:1", "--server_args=--parallel 4", "++max_samples=4", "++inference.tokens_to_generate=8")


def left(podman: dict[str, str]) -> list[str]:
    words = ["podman", "ps", "--all", "--noheading", "--format={{.Names}} {{.Status}}"]
    return subprocess.run(words, env={**os.environ, **podman}, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("names", [("llamacpp",), ("llamacpp", "northstar"), ("northstar",)])
def test_server_and_worker_in_containers(
    names: tuple[str, ...], ns: Ns, podman: dict[str, str], config: Config, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    done = ns("eval", *EMBEDDED, *config(*names), "--output_dir=/workspace/out", timeout=300, **podman)
    assert done.returncode == 0, done.stderr
    assert "pass@1" in done.stdout
    run = json.loads((tmp_path / "host/out/run.json").read_text())["runs"][0]
    assert run["ending"] == "done"
    assert run["plan"] == {"job": "jobs/001/smoke-rs0", "rerun_done": False}
    job = (tmp_path / "host/out/eval-logs/jobs/001/smoke-rs0/job.json").read_text()
    assert ('"output_dir": "/workspace/out"' in job) == ("northstar" in names)
    assert (tmp_path / "host/out/eval-logs/jobs/001/smoke-rs0/llamacpp-server.log").stat().st_size > 0
    output = tmp_path / "host/out/eval-results/smoke/output-rs0.jsonl"
    assert (len(output.read_text().splitlines()), output.stat().st_uid) == (4, os.getuid())
    assert left(podman) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_however_the_command_ends(
    how: signal.Signals,
    podman: dict[str, str],
    config: Config,
    tmp_path: Path,
    start_mock: Callable[..., str],
    data_dir: Path,
) -> None:
    words = [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:1", *config("northstar")]
    words += ["--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock('--delay', 1)}"]
    environment = {**os.environ, **podman, "NORTHSTAR_DATA_DIR": str(data_dir)}
    with subprocess.Popen([*words, "++max_concurrent_requests=2"], env=environment, stderr=subprocess.DEVNULL) as run:
        journal = tmp_path / "host/out/eval-results/smoke/output-rs0.jsonl.journal"
        deadline = time.monotonic() + 90
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 2) and time.monotonic() < deadline:
            assert run.poll() is None
            time.sleep(0.2)
        run.send_signal(how)
    while any(" Up " in f" {line}" for line in left(podman)) and time.monotonic() < deadline + 60:
        time.sleep(0.3)
    assert not [line for line in left(podman) if " Up " in line]
    assert journal.read_bytes().count(b"\n") > 2
    assert run.returncode == (-9 if how is signal.SIGKILL else 130)


def test_an_image_that_is_not_there_is_said(ns: Ns, podman: dict[str, str], config: Config, tmp_path: Path) -> None:
    where = config("llamacpp")
    (tmp_path / "box.yaml").write_text((tmp_path / "box.yaml").read_text().replace(IMAGE, "localhost/none:9"))
    done = ns("eval", *EMBEDDED, *where, "--output_dir=/workspace/out", **podman)
    assert done.returncode == 1
    assert "the server's step ended before it was ready" in done.stderr
    assert "localhost/none:9" in done.stderr
