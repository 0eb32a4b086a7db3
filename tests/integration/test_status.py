"""`ns status`, `ns logs` and `ns cancel` of runs on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ns

Start = Callable[..., str]


def test_a_run_is_watched_from_elsewhere_and_ended(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:2", f"--output_dir={tmp_path}/out"]
    words += ["--model=mock", f"--server_address={start_mock('--delay', 3)}", "++max_concurrent_requests=2"]
    with subprocess.Popen(
        words, env={**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path)}, stderr=subprocess.DEVNULL
    ) as run:
        deadline = time.monotonic() + 60
        shards: list[dict[str, object]] = []
        while not any(shard["done"] for shard in shards) and time.monotonic() < deadline:
            time.sleep(0.5)
            if (tmp_path / "out").exists():
                shards = json.loads(ns("status", tmp_path / "out", "--format=json").stdout)["shards"]
        assert [(shard["name"], shard["state"]) for shard in shards] == [
            ("smoke rs0", "running"),
            ("smoke rs1", "pending"),
        ]
        assert ns("cancel", tmp_path / "out").stdout.startswith("1 job cancelled: ")
        assert run.wait(60) == 130
    after = ns("status", tmp_path / "out").stdout
    assert "2 cancelled" in after
    assert "stopped by SIGTERM" in after
    assert ns("cancel", tmp_path / "out").stdout == "No job is pending or running.\n"


def test_a_finished_run(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    words = ("--benchmarks=smoke:2", f"--output_dir={tmp_path}/out", "--model=mock")
    assert ns("eval", *words, f"--server_address={start_mock()}").returncode == 0
    assert ns("status", tmp_path / "out", "--watch").stdout.startswith(f"{tmp_path}/out: 2 of 2 done; 48 of 48 rows\n")


def test_what_cannot_be_is_one_sentence(ns: Ns, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ns("status", tmp_path / "empty").stdout == f"{tmp_path}/empty: nothing has been run here.\n"
    for words, code in (
        (("status", tmp_path / "none"), 1),
        (("status", tmp_path / "empty", "--format=jsno"), 2),
        (("logs", tmp_path / "empty"), 1),
        (("cancel", tmp_path / "empty"), 1),
    ):
        done = ns(*words)
        assert (done.returncode, done.stderr.count("\n"), done.stderr[:7]) == (code, 1, "error: "), done.stderr
