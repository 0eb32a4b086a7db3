"""`ns import`, killed at any moment, goes on by the same command and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

SMOKE = resources.files("northstar.benchmarks.smoke").joinpath("rows.jsonl")
ROWS = [json.loads(line) for line in SMOKE.read_text().splitlines()]
SEEDS = 4


def generations(folder: Path, filler: int = 0) -> Path:
    """Write outputs of NeMo-Skills for all rows of smoke, with so many bytes before each answer."""
    for seed in range(SEEDS):
        lines = [{**row, "generation": f"{'so ' * (filler // 3)}\\boxed{{{row['expected_answer']}}}"} for row in ROWS]
        file = folder / f"output-rs{seed}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def command(path: Path, output: Path) -> list[str]:
    words = [sys.executable, "-m", "northstar", "import", str(path), "--benchmarks=smoke", f"--output_dir={output}"]
    return [*words, "++grading_workers=1"]


def killed(path: Path, output: Path, when: Callable[[], bool]) -> None:
    """Start an import and kill -9 it, and all it started, once `when` holds."""
    process = subprocess.Popen(command(path, output), stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while not when() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"


def records(output: Path) -> list[str]:
    return [file.read_text() for file in sorted((output / "eval-results" / "smoke").glob("output-rs*.jsonl"))]


@pytest.mark.parametrize("when", ["journals are being written", "the first journal is there", "half is graded"])
def test_killed_amid_importing(when: str, tmp_path: Path) -> None:
    path = generations(tmp_path / "nemo", filler=50_000)
    folder = tmp_path / "killed" / "eval-results" / "smoke"
    moments: dict[str, Callable[[], bool]] = {
        "journals are being written": lambda: any(folder.glob(".*.tmp")),
        "the first journal is there": lambda: any(folder.glob("*.journal")),
        "half is graded": lambda: any(folder.glob("output-rs*.jsonl")),
    }
    killed(path, tmp_path / "killed", moments[when])
    words = [sys.executable, "-m", "northstar", "status", str(tmp_path / "killed")]
    status = subprocess.run(words, capture_output=True, text=True).stdout
    assert f"o on with it: ns import {path} --benchmarks=smoke --output_dir={tmp_path}/killed" in status, status
    again = subprocess.run(command(path, tmp_path / "killed"), capture_output=True, text=True)
    whole = subprocess.run(command(path, tmp_path / "whole"), capture_output=True, text=True)
    assert (again.returncode, whole.returncode) == (0, 0), again.stderr
    assert again.stdout == whole.stdout
    assert records(tmp_path / "killed") == records(tmp_path / "whole")
    assert len(records(tmp_path / "whole")) == SEEDS
    assert not [file.name for file in folder.iterdir() if file.name.endswith((".tmp", ".journal"))]
