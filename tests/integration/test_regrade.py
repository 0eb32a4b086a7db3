"""`ns regrade` on results that a run really made."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

Start = Callable[..., str]
ROWS = 40
BY_REGEX = r"++eval_config.extract_regex=boxed\{(\d)"
"""The first digit of the answer: other verdicts than those of the whole number."""


@pytest.fixture
def rows(data_dir: Path) -> None:
    (data_dir / "math-500").mkdir(parents=True)
    lines = [{"id": f"q{n}", "problem": f"What is {n} + {n}?", "expected_answer": str(2 * n)} for n in range(ROWS)]
    (data_dir / "math-500/test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def asked(rows: None, start_mock: Start, log: Path) -> list[str]:
    return ["eval", "--benchmarks=math-500:2", "--model=mock", f"--server_address={start_mock(f'--log={log}')}"]


def requests(log: Path) -> int:
    return log.read_text().count("\n")


def metrics(out: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "eval-results" / name).read_text())["math-500"]
    found.pop("notes", None)
    return {
        mode: {key: value for key, value in numbers.items() if key != "gen_seconds"} for mode, numbers in found.items()
    }


def test_the_table_equals_that_of_a_fresh_run_with_the_new_grader_and_nobody_is_asked(
    ns: Ns, asked: list[str], log: Path, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    assert ns(*asked, f"--output_dir={out}").returncode == 0
    assert ns(*asked, f"--output_dir={fresh}", BY_REGEX).returncode == 0
    before = requests(log)
    done = ns("regrade", out, "--name=first-digit", BY_REGEX)
    assert done.returncode == 0, done.stderr
    assert requests(log) == before
    assert metrics(out, "metrics@first-digit.json") == metrics(fresh, "metrics.json") != metrics(out, "metrics.json")
    table = done.stdout.split("math-500 (regraded as first-digit)")[1].splitlines()[1:]
    plain = ns("summarize_results", fresh).stdout.splitlines()[1:]
    assert [line.split("|")[4:] for line in table] == [line.split("|")[4:] for line in plain]


def test_a_run_that_only_its_grader_tells_apart_is_offered_the_command(
    ns: Ns, asked: list[str], log: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert ns(*asked, f"--output_dir={out}").returncode == 0
    before = requests(log)
    refused = ns(*asked, f"--output_dir={out}", BY_REGEX)
    assert refused.returncode == 1
    assert requests(log) == before
    offer = re.search(r"Only the grader differs: ns (regrade .+?) grades anew what is complete", refused.stderr)
    assert offer is not None, refused.stderr
    done = ns(*shlex.split(offer[1]))
    assert done.returncode == 0, done.stderr
    assert (out / "eval-results/metrics@regraded.json").exists()
    assert requests(log) == before


def test_a_run_that_more_tells_apart_is_not_offered_it(ns: Ns, asked: list[str], tmp_path: Path) -> None:
    assert ns(*asked, f"--output_dir={tmp_path}/out").returncode == 0
    refused = ns(*asked, f"--output_dir={tmp_path}/out", BY_REGEX, "++inference.top_p=0.5")
    assert "ns regrade" not in refused.stderr
    assert "grader.extract_regex" in refused.stderr


def test_a_regrading_that_is_killed_goes_on_where_it_was(
    ns: Ns, asked: list[str], data_dir: Path, tmp_path: Path
) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    assert ns(*asked, f"--output_dir={out}").returncode == 0
    subprocess.run(["cp", "-r", out, whole], check=True)
    slow = r"++eval_config.extract_regex=(?s)((?:.*?){4})boxed\{(\d)"  # each takes its process a while
    words = ["regrade", str(out), "--name=x", slow, "++grading_workers=1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "northstar", *words],
        env={**os.environ, "NORTHSTAR_DATA_DIR": str(data_dir)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    folder = out / "eval-results/math-500/regraded/x"
    until = time.monotonic() + 60
    while graded(folder) < 10 and time.monotonic() < until and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"
    kept = graded(folder)
    assert 10 <= kept < 2 * ROWS
    done = ns(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "run.json").read_text())["runs"][-1]["regraded"] == 2 * ROWS - kept
    words[1] = str(whole)
    assert ns(*words).returncode == 0
    for name in ("output-rs0.jsonl", "output-rs1.jsonl", "changes.jsonl"):
        other = whole / "eval-results/math-500/regraded/x" / name
        assert (folder / name).read_bytes() == other.read_bytes()
    assert not list(folder.glob("*.journal"))


def graded(folder: Path) -> int:
    """Grades in the journals and outputs; a last line may be half written."""
    found = 0
    for file in folder.glob("output*"):
        try:
            found += sum(b'"symbolic_correct"' in line for line in file.read_bytes().split(b"\n")[:-1])
        except FileNotFoundError:
            continue
    return found


def test_generations_that_are_asked_again_take_their_regrading_along(ns: Ns, asked: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ns(*asked, f"--output_dir={out}").returncode == 0
    assert ns("regrade", out).returncode == 0
    done = ns(*asked, f"--output_dir={out}", "--rerun_done")
    assert done.returncode == 0, done.stderr
    assert "regraded" not in done.stdout
    assert not (out / "eval-results/math-500/metrics@regraded.json").exists()
    assert len(list((out / "eval-results/math-500/regraded/regraded/superseded").glob("*/output-rs*.jsonl"))) == 2
    assert ns("regrade", out, BY_REGEX).returncode == 0


def test_a_second_regrading_of_the_name_is_refused_while_one_is_at_it(ns: Ns, asked: list[str], tmp_path: Path) -> None:
    import fcntl

    out = tmp_path / "out"
    assert ns(*asked, f"--output_dir={out}").returncode == 0
    assert ns("regrade", out).returncode == 0
    with (out / "eval-results/math-500/regraded/regraded/.output-rs1.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = ns("regrade", out)
    assert refused.returncode == 1
    assert "output-rs1.jsonl is being written by another process" in refused.stderr
