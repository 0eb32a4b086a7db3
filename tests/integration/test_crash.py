"""kill -9 at any moment loses nothing that was journalled, and asks nothing of it again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from northstar.benchmarks.smoke import BENCHMARK as SMOKE
from northstar.prompts.prompt import load_prompt

SEEDS = 16
KILLS = 20
_ROWS = resources.files("northstar.benchmarks.smoke").joinpath("rows.jsonl").read_text().splitlines()
MESSAGES = [load_prompt(SMOKE.prompt).messages(json.loads(line))[-1]["content"] for line in _ROWS]


def command(address: str, output: Path) -> list[str]:
    words = [sys.executable, "-m", "northstar", "eval", f"--benchmarks=smoke:{SEEDS}", f"--output_dir={output}"]
    return [*words, f"--server_address={address}", "--model=mock", "++max_concurrent_requests=8"]


def journalled(output: Path) -> set[tuple[str, int]]:
    """(message, seed) of the generations that are on file, whole."""
    folder = output / "eval-results" / "smoke"
    found: set[tuple[str, int]] = set()
    for seed in range(SEEDS):
        whole, journal = folder / f"output-rs{seed}.jsonl", folder / f"output-rs{seed}.jsonl.journal"
        if whole.exists():
            found |= {(message, seed) for message in MESSAGES}
        elif journal.exists():
            lines = journal.read_bytes().splitlines(keepends=True)
            whole_lines = [json.loads(line) for line in lines[1:] if line.endswith(b"\n")]
            found |= {(MESSAGES[line["row"]], seed) for line in whole_lines if "generation" in line}
    return found


def events(log: Path) -> list[dict[str, object]]:
    """What the mock server noted: 'arrived' and 'answered', with message and seed."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def asked(log: Path) -> list[tuple[object, object]]:
    """(message, seed) of each request, in the order of arrival."""
    return [(noted["message"], noted["seed"]) for noted in events(log) if noted["event"] == "arrived"]


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

    rng, output = random.Random(5), tmp_path / "killed"
    for _ in range(KILLS):
        before, asked_before = journalled(output), len(asked(log))
        worker = subprocess.Popen(
            command(address, output), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        moment = rng.choice(["start", "journal", "journal"])
        deadline = time.monotonic() + (rng.uniform(0.05, 0.8) if moment == "start" else 20)
        target = len(before) + rng.randrange(1, 8)
        while time.monotonic() < deadline and worker.poll() is None and len(journalled(output)) < target:
            time.sleep(0.005)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL, "it was done before it could be killed: kill earlier, or ask more"
        new = asked(log)[asked_before:]
        assert not before & set(new), "what was journalled is asked again"
        assert len(new) <= len(journalled(output)) - len(before) + 8, "more was asked than was finished or in flight"

    resumed = subprocess.run(command(address, output), env=environment, capture_output=True, text=True, check=True)
    assert without_times(resumed.stdout) == without_times(table.stdout)
    there, expected = records(output), records(undisturbed)
    assert set(there) == {f"output-rs{seed}.jsonl" for seed in range(SEEDS)}
    for name, rows in expected.items():
        assert [row["id"] for row in there[name]] == [row["id"] for row in rows]
        assert [row["predicted_answer"] for row in there[name]] == [row["predicted_answer"] for row in rows]
    assert not list(output.rglob("*.journal"))


def test_a_second_ctrl_c_ends_at_once_without_a_traceback(tmp_path: Path, start_mock: Callable[..., str]) -> None:
    command = ["eval", "--benchmarks=smoke:4", f"--output_dir={tmp_path}/out", "--model=mock"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "northstar", *command, f"--server_address={start_mock('--delay=60')}"],
        env={**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path / "data")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    said = next(line for line in worker.stderr if "asking" in line)
    while worker.poll() is None:  # at every moment of its stopping
        worker.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(0.005)
    said += worker.stderr.read()
    worker.stderr.close()
    assert worker.returncode == 130, said
    assert "Traceback" not in said
