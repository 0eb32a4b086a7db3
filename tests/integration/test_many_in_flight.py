"""Thousands of requests in flight at once: what holds up the event loop, by the CPU time of its thread."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mock_server.process import mock_process

AT_ONCE = 2048
LONGEST = 0.25
"""Seconds; two thousand answers in one turn take 0.4, a collection of all that they hold 0.1 and more."""


@pytest.mark.slow
def test_the_event_loop_never_stands_still_for_long(tmp_path: Path) -> None:
    rows = tmp_path / "data" / "aime24" / "test.jsonl"
    rows.parent.mkdir(parents=True)
    with rows.open("w") as file:
        for number in range(2 * AT_ONCE):
            row = {"id": str(number), "problem": f"What is {number} + 4? {'x' * 2000}", "expected_answer": "4"}
            file.write(json.dumps(row) + "\n")
    longest = tmp_path / "longest.json"
    with mock_process("--delay=2", "--tokens=2000") as server:
        words = ["eval", "--benchmarks=aime24", f"--data_dir={rows.parents[1]}", "--model=mock"]
        words += [f"--server_address={server.address}", f"--output_dir={tmp_path / 'out'}"]
        watched = [sys.executable, "-m", "bench.watched", str(longest), *words, f"++max_concurrent_requests={AT_ONCE}"]
        subprocess.run(watched, cwd=ROOT, check=True, capture_output=True)
    found = json.loads(longest.read_text())
    assert found["callback"] < LONGEST
    assert found["turn"] < LONGEST
