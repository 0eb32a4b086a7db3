"""`ns eval --precision`: a range of seeds against a mock server, killed amid its work, and gone on with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.killing import kill_after

Start = Callable[..., str]
ROWS = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with 30 sums under the name of aime24."""
    folder = tmp_path / "data/aime24"
    folder.mkdir(parents=True)
    lines = [
        json.dumps({"id": str(row), "problem": f"What is {row} + {row}?", "expected_answer": str(2 * row)})
        for row in range(ROWS)
    ]
    (folder / "test.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "data"


def words(address: str, output: Path, data: Path, precision: float, seeds: str = "4..64") -> tuple[str, ...]:
    return (
        "eval",
        f"--benchmarks=aime24:{seeds}",
        f"--precision={precision}",
        f"--output_dir={output}",
        f"--data_dir={data}",
        f"--server_address={address}",
        "--model=mock",
        "++max_concurrent_requests=40",
    )


def seeds_done(output: Path) -> int:
    return len(list((output / "eval-results/aime24").glob("output-rs*.jsonl")))


def asked_twice(log: Path) -> list[object]:
    """(message, seed) of what the server answered more than once."""
    noted = [json.loads(line) for line in log.read_text().splitlines()]
    answered = Counter((line["message"], line["seed"]) for line in noted if line["event"] == "answered")
    return [key for key, times in answered.items() if times > 1]


def test_seeds_are_added_until_the_precision_is_reached_and_no_more(
    ns: Ns, start_mock: Start, tmp_path: Path, data: Path
) -> None:
    address, output = start_mock("--delay", 0.05), tmp_path / "out"
    done = ns(*words(address, output, data, 3.0))
    assert done.returncode == 0, done.stderr
    k = seeds_done(output)
    assert 8 <= k <= 30
    assert f"pass@1[avg-of-{k}] | {ROWS}" in done.stdout
    assert "points: enough for 3" in done.stderr
    assert f"aime24: {k} seeds, ±" in ns("status", output).stdout

    again = ns(*words(address, output, data, 3.0))
    assert again.returncode == 0, again.stderr
    assert seeds_done(output) == k

    finer = ns(*words(address, output, data, 2.2))
    assert finer.returncode == 0, finer.stderr
    assert seeds_done(output) > k
    run = json.loads((output / "run.json").read_text())
    growths = [each["plan"]["generate"]["benchmarks"][0]["growth"]["precision"] for each in run["runs"]]
    assert growths == [3.0, 3.0, 2.2]


def test_a_limit_that_is_too_low_ends_it_with_what_would_do(
    ns: Ns, start_mock: Start, tmp_path: Path, data: Path
) -> None:
    done = ns(*words(start_mock(), tmp_path / "out", data, 0.5, "2..5"))
    assert done.returncode == 0, done.stderr
    assert seeds_done(tmp_path / "out") == 5
    assert "aime24: the standard error after 5 seeds, the limit, is" in done.stderr
    assert "goes on from here." in done.stderr


def test_killed_amid_its_work_it_goes_on_and_pays_for_nothing_twice(
    ns: Ns, start_mock: Start, tmp_path: Path, data: Path
) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    command = words(start_mock("--delay", 0.1, "--log", log), output, data, 3.0)
    kill_after(6 * ROWS, log, *command, data_dir=data)
    begun = seeds_done(output)
    done = ns(*command)
    assert done.returncode == 0, done.stderr
    assert seeds_done(output) > begun
    assert "points: enough for 3" in done.stderr
    assert len(asked_twice(log)) <= 40  # those in flight when it was killed
    assert not list((output / "eval-results/aime24").glob("*.journal"))


def test_a_rerun_begins_anew(ns: Ns, start_mock: Start, tmp_path: Path, data: Path) -> None:
    address, output = start_mock(), tmp_path / "out"
    assert ns(*words(address, output, data, 3.0)).returncode == 0
    before = seeds_done(output)
    done = ns(*words(address, output, data, 12.0), "++max_samples=25", "--rerun_done")
    assert done.returncode == 0, done.stderr
    assert seeds_done(output) < before


def test_rows_that_differ_from_earlier_ones_are_refused_with_the_difference(
    ns: Ns, start_mock: Start, tmp_path: Path, data: Path
) -> None:
    command = words(start_mock(), tmp_path / "out", data, 12.0)
    assert ns(*command).returncode == 0
    done = ns(*command, "++max_samples=25")
    assert done.returncode == 1
    assert "rows" in done.stderr
    assert "++max_samples=30 goes on with them" in done.stderr


def test_other_benchmarks_share_its_queue(ns: Ns, start_mock: Start, tmp_path: Path, data: Path) -> None:
    command = words(start_mock(), tmp_path / "out", data, 4.0, "4..64,smoke:2")
    done = ns(*command)
    assert done.returncode == 0, done.stderr
    assert "pass@1[avg-of-2]" in done.stdout
    assert seeds_done(tmp_path / "out") >= 4
