"""A judge who compares answers, through the command line: with a baseline of the rows, and with another run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.graders.pairs.judgement import share_won
from tests.conftest import Ns
from tests.waiting import wait_for

Start = Callable[..., str]
ROWS = 30


def sums(right: Callable[[int], bool]) -> list[dict[str, Any]]:
    """Invented rows of arena-hard-v2: sums, with a baseline that is right where `right` says so."""
    return [
        {
            "id": f"q{n}",
            "problem": f"What is {n} + {n * n}?",
            "category": "hard_prompt",
            "subcategory": ["coding", "math"][n % 2],
            "baseline": "o3-mini-2025-01-31",
            "baseline_answer": f"It is \\boxed{{{n + n * n + (not right(n))}}}.",
        }
        for n in range(ROWS)
    ]


@pytest.fixture(autouse=True)
def rows(data_dir: Path) -> None:
    folder = data_dir / "arena-hard-v2"
    folder.mkdir(parents=True)
    (folder / "hard.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sums(lambda n: n % 3 == 0)))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def judge(start_mock: Start) -> str:
    return f"--judge_server_address={start_mock('--pairs=0', '--models=gpt-4.1')}"


@pytest.fixture
def asked(start_mock: Start) -> list[str]:
    return ["--model=mock", f"--server_address={start_mock()}"]


def test_each_answer_is_compared_with_the_baseline_in_both_orders(
    ns: Ns, asked: list[str], judge: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    printed = ns("eval", "--benchmarks=arena-hard-v2:1", f"--output_dir={out}", *asked, judge).stdout
    folder = out / "eval-results/arena-hard-v2"
    verdicts = lines(folder / "judgements/gpt-4.1/output-rs0.jsonl")
    right = [
        f"\\boxed{{{n + n * n}}}" in record["generation"] for n, record in enumerate(lines(folder / "output-rs0.jsonl"))
    ]
    expected = {(True, True): ["A=B", "A=B"], (False, False): ["A=B", "A=B"]}
    expected |= {(True, False): ["B>A", "A>>B"], (False, True): ["A>>B", "B>A"]}  # (the answer, the baseline)
    assert [line["judge_games"] for line in verdicts] == [expected[right[n], n % 3 == 0] for n in range(ROWS)]
    won = [
        (share_won(line["judge_games"]), sum(3 if len(g) == 4 else 1 for g in line["judge_games"])) for line in verdicts
    ]
    rate = sum(share * weight for share, weight in won) / sum(weight for _, weight in won)
    mode = json.loads((folder / "metrics.json").read_text())["arena-hard-v2"]["pass@1"]
    assert mode["win_rate"] == pytest.approx(100 * rate)
    assert "win_rate" in printed
    assert "style_controlled" in printed


def test_killed_it_goes_on_and_asks_no_question_twice(
    ns: Ns, asked: list[str], start_mock: Start, tmp_path: Path, data_dir: Path
) -> None:
    log = tmp_path / "judged.log"
    address = start_mock("--pairs=0", "--models=gpt-4.1", "--delay=0.1", "--log", log)
    words = ["eval", "--benchmarks=arena-hard-v2", f"--output_dir={tmp_path}/out", *asked]
    words += [f"--judge_server_address={address}", "--extra_judge_args=++max_concurrent_requests=3"]
    environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(data_dir)}
    worker = subprocess.Popen([sys.executable, "-m", "northstar", *words], env=environment, stderr=subprocess.PIPE)
    assert wait_for(lambda: log.read_text().count('"answered"') >= 15)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    (journal,) = (tmp_path / "out/eval-results/arena-hard-v2/judgements/gpt-4.1").glob("*.journal")
    kept, before = journal.read_text().count('"turn":{'), log.read_text().count("arrived")
    assert kept >= 12
    assert ns(*words).returncode == 0
    assert log.read_text().count("arrived") - before == 2 * ROWS - kept
    again = log.read_text()
    assert "win_rate" in ns(*words).stdout
    assert log.read_text() == again


def test_two_runs_are_compared(ns: Ns, asked: list[str], judge: str, start_mock: Start, tmp_path: Path) -> None:
    better = ["--model=better", f"--server_address={start_mock('--right=1', '--models=better')}"]
    ns("eval", "--benchmarks=smoke:2", f"--output_dir={tmp_path}/a", *asked)
    ns("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}/b", *better)
    words = ["judge", f"{tmp_path}/a", f"--against={tmp_path}/b", "--judge_model=gpt-4.1", judge]
    printed = ns(*words).stdout
    assert "win_rate" in printed
    folder = tmp_path / "a/eval-results/smoke"
    assert "judge" not in lines(folder / "output-rs0.jsonl")[0]  # a comparison is no verdict on the answer
    content = json.loads((folder / "metrics.json").read_text())["smoke"]
    assert "symbolic_correct" in content["pass@1[avg-of-2]"]
    (numbers,) = content["judges"].values()
    assert numbers["pass@1"]["num_entries"] == 24


def test_a_comparison_with_what_is_not_there_is_refused(ns: Ns, asked: list[str], judge: str, tmp_path: Path) -> None:
    ns("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}/a", *asked)
    words = ["judge", f"{tmp_path}/a", "--judge_model=gpt-4.1", judge]
    assert "there are no results in" in ns(*words, f"--against={tmp_path}/b").stderr
    assert "is the run itself" in ns(*words, f"--against={tmp_path}/a").stderr
    ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}/c", *asked)
    assert "no finished benchmark and seed in common" in ns(*words, f"--against={tmp_path}/c").stderr
