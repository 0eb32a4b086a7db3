"""What grades an answer is killed in the middle of it: that makes no answer wrong, and is said."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
Start = Callable[..., str]

FOUR = r"\sqrt{16}"
"""An expected answer that takes algebra to compare."""


@pytest.fixture
def words(start_mock: Start, data_dir: Path, tmp_path: Path) -> list[str]:
    """A run of three rows that are all answered right."""
    (data_dir / "aime24").mkdir(parents=True)
    lines = [{"id": n, "problem": f"What is {n} + {4 - n}?", "expected_answer": FOUR} for n in range(3)]
    (data_dir / "aime24/test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    address = start_mock("--right", 1)
    return [
        "eval",
        "--benchmarks=aime24",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        f"--server_address={address}",
    ]


@contextmanager
def killing(output: str, times: int) -> Iterator[list[int]]:
    """Kill the first `times` processes that compare answers for the run with that output folder, as they come up."""
    killed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set() and len(killed) < times:
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    said = file.read_bytes().split(b"\0")
                    number = int(file.parent.name)
                    if b"northstar.compute.worker" not in said or number in killed:
                        continue
                    parent = Path("/proc", said[-2].decode(), "cmdline").read_bytes()
                    if output.encode() in parent:
                        time.sleep(0.2)  # it is importing, or comparing
                        os.kill(number, signal.SIGKILL)
                        killed.append(number)
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def records(output: Path) -> list[dict[str, Any]]:
    file = output / "eval-results/aime24/output.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
def test_one_that_is_killed_now_and_then_changes_no_verdict(ns: Ns, words: list[str], tmp_path: Path) -> None:
    with killing(f"{tmp_path}/out", 2) as killed:
        done = ns(*words)
    assert (done.returncode, len(killed)) == (0, 2), done.stderr
    assert [record["symbolic_correct"] for record in records(tmp_path / "out")] == [True] * 3


@pytest.mark.slow
def test_answers_whose_grading_is_lost_each_time_stay_open_and_are_graded_by_the_next_run(
    ns: Ns, words: list[str], tmp_path: Path
) -> None:
    with killing(f"{tmp_path}/out", 999):
        done = ns(*words)
    assert done.returncode == 1
    assert "3 of 3 answers could not be graded (its process was killed by SIGKILL)" in done.stderr
    assert not (tmp_path / "out/eval-results/aime24/output.jsonl").exists()
    again = ns(*words)
    assert again.returncode == 0, again.stderr
    assert [record["symbolic_correct"] for record in records(tmp_path / "out")] == [True] * 3


@pytest.mark.slow
def test_a_lost_grading_can_be_recorded_and_is_noted_under_the_table(ns: Ns, words: list[str], tmp_path: Path) -> None:
    with killing(f"{tmp_path}/out", 999):
        done = ns(*words, "++unanswered=record_error")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 gradings gave no verdict" in done.stdout + done.stderr
    assert {record["grading_error"] for record in records(tmp_path / "out")} == {"its process was killed by SIGKILL"}
