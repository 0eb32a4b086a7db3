"""kill -9 at any moment loses nothing that was journalled, and asks nothing of it again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

SEEDS = 4
ROWS = 24  # of smoke
KILLS = 20


def command(address: str, output: Path) -> list[str]:
    words = [sys.executable, "-m", "northstar", "eval", f"--benchmarks=smoke:{SEEDS}", f"--output_dir={output}"]
    return [*words, f"--server_address={address}", "--model=mock", "++max_concurrent_requests=8"]


def journalled(output: Path) -> int:
    """Generations that are on file, whole."""
    folder = output / "eval-results" / "smoke"
    whole = 0
    for file in folder.glob("*.journal"):
        lines = file.read_bytes().splitlines(keepends=True)
        whole += sum(line.endswith(b"\n") and b'"generation":{' in line for line in lines)
    return whole + sum(len(file.read_bytes().splitlines()) for file in folder.glob("output-rs*.jsonl"))


def events(log: Path) -> list[dict[str, object]]:
    """What the mock server noted: 'arrived' and 'answered', with message and seed."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def count(log: Path, event: str) -> int:
    return sum(noted["event"] == event for noted in events(log))


def records(output: Path) -> dict[str, list[dict[str, object]]]:
    files = sorted((output / "eval-results" / "smoke").glob("output-rs*.jsonl"))
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in files}


def without_times(table: str) -> list[str]:
    """The table without its third number, gen_seconds."""
    return [" | ".join(line.split(" | ")[:3] + line.split(" | ")[4:]) for line in table.splitlines()[1:]]


@pytest.mark.slow
def test_twenty_kills_at_random_moments_change_nothing(tmp_path: Path, start_mock: Callable[..., str]) -> None:
    log = tmp_path / "asked.log"
    address = start_mock("--delay", 0.15, "--log", log)
    environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path / "data"), "PYTHONDONTWRITEBYTECODE": ""}
    undisturbed = tmp_path / "undisturbed"
    table = subprocess.run(command(address, undisturbed), env=environment, capture_output=True, text=True, check=True)
    log.write_text("")

    rng, output, kills = random.Random(5), tmp_path / "killed", 0
    while kills < KILLS:
        before, asked_before = journalled(output), count(log, "arrived")
        worker = subprocess.Popen(
            command(address, output), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        moment = rng.choice(["start", "journal", "journal"])
        deadline = time.monotonic() + (rng.uniform(0.05, 0.8) if moment == "start" else 20)
        target = before + rng.randrange(1, 8)
        while time.monotonic() < deadline and worker.poll() is None and journalled(output) < target:
            time.sleep(0.005)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kills += 1
        asked = count(log, "arrived") - asked_before
        assert asked <= journalled(output) - before + 8, "more was asked than was finished or in flight"
        if worker.returncode == 0:
            break

    resumed = subprocess.run(command(address, output), env=environment, capture_output=True, text=True, check=True)
    assert without_times(resumed.stdout) == without_times(table.stdout)
    there, expected = records(output), records(undisturbed)
    assert list(there) == [f"output-rs{seed}.jsonl" for seed in range(SEEDS)]
    for name, rows in expected.items():
        assert [row["id"] for row in there[name]] == [row["id"] for row in rows]
        assert [row["predicted_answer"] for row in there[name]] == [row["predicted_answer"] for row in rows]
    assert not list(output.rglob("*.journal"))
    # What was journalled was never asked again: each sample was answered once, but for those in flight at a kill.
    done = Counter((event["message"], event["seed"]) for event in events(log) if event["event"] == "answered")
    assert len(done) == SEEDS * ROWS
    assert sum(done.values()) - len(done) <= 8 * kills
