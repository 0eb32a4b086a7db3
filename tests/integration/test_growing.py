"""More rows, more seeds and other splits go into the same folder; nothing that is there is asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.killing import kill_after

Start = Callable[..., str]
TIMES = ("generation_start_time", "generation_end_time")


def requests(log: Path) -> list[dict[str, Any]]:
    """What arrived at a mock server."""
    noted = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [each for each in noted if each["event"] == "arrived"]


def records(output: Path, benchmark: str = "smoke") -> dict[str, list[dict[str, Any]]]:
    """The records of each output, without their times."""
    files = sorted((output / "eval-results" / benchmark).glob("output*.jsonl"))
    return {
        file.name: [
            {key: value for key, value in json.loads(line).items() if key not in TIMES}
            for line in file.read_text().splitlines()
        ]
        for file in files
    }


def files(output: Path) -> dict[str, bytes]:
    """The outputs and metrics of a folder, by name."""
    results = output / "eval-results"
    return {str(file.relative_to(results)): file.read_bytes() for file in results.rglob("*.json*")}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests"


@pytest.fixture
def words(start_mock: Start, tmp_path: Path, log: Path) -> list[str]:
    """An `ns eval` into `out`, without its benchmarks."""
    address = start_mock(f"--log={log}")
    return ["eval", f"--output_dir={tmp_path / 'out'}", "--model=mock", f"--server_address={address}"]


def at(words: list[str], address: str) -> list[str]:
    """The same words with another server."""
    return [*(word for word in words if not word.startswith("--server_address")), f"--server_address={address}"]


def test_more_rows_ask_only_these(ns: Ns, words: list[str], tmp_path: Path, log: Path) -> None:
    assert ns(*words, "--benchmarks=smoke:2", "++max_samples=3").returncode == 0
    more = ns(*words, "--benchmarks=smoke:2", "++max_samples=10")
    assert more.returncode == 0, more.stderr
    assert "smoke: 3 rows are kept, 7 are new." in more.stderr
    assert len(requests(log)) == 2 * 10
    fresh = ns(*words, "--benchmarks=smoke:2", "++max_samples=10", f"--output_dir={tmp_path / 'fresh'}")
    assert more.stdout.splitlines()[1:] == fresh.stdout.splitlines()[1:]
    assert records(tmp_path / "out") == records(tmp_path / "fresh")
    numbers = json.loads((tmp_path / "out/eval-results/smoke/metrics.json").read_text())["smoke"]
    assert numbers["pass@1[avg-of-2]"]["num_entries"] == 10


def test_all_rows_after_some_and_more_seeds_with_them(ns: Ns, words: list[str], tmp_path: Path, log: Path) -> None:
    for benchmarks, rows in (("smoke:1", ["++max_samples=3"]), ("smoke:2", ["++max_samples=3"]), ("smoke:4", [])):
        done = ns(*words, f"--benchmarks={benchmarks}", *rows)
        assert done.returncode == 0, done.stderr
    assert len(requests(log)) == 4 * 24
    assert {name: len(lines) for name, lines in records(tmp_path / "out").items()} == {
        f"output-rs{seed}.jsonl": 24 for seed in range(4)
    }


def test_fewer_seeds_with_more_rows_leave_the_others_for_later(
    ns: Ns, words: list[str], tmp_path: Path, log: Path
) -> None:
    assert ns(*words, "--benchmarks=smoke:2", "++max_samples=3").returncode == 0
    one = ns(*words, "--benchmarks=smoke:1", "++max_samples=5")
    assert one.returncode == 0, one.stderr
    assert "seed 1 is not complete and not counted" in one.stderr
    assert ns(*words, "--benchmarks=smoke:2", "++max_samples=5").returncode == 0
    assert len(requests(log)) == 2 * 5
    assert list(records(tmp_path / "out")) == ["output-rs0.jsonl", "output-rs1.jsonl"]


def test_the_greedy_generation_grows_without_the_seeds(ns: Ns, words: list[str], tmp_path: Path, log: Path) -> None:
    for benchmarks, rows in (("smoke:1", 3), ("smoke", 3), ("smoke", 5)):
        assert ns(*words, f"--benchmarks={benchmarks}", f"++max_samples={rows}").returncode == 0
    assert len(requests(log)) == 3 + 5
    found = {name: len(lines) for name, lines in records(tmp_path / "out").items()}
    assert found == {"output-rs0.jsonl": 3, "output.jsonl": 5}


def test_an_unfinished_run_of_fewer_rows_grows(ns: Ns, start_mock: Start, tmp_path: Path, log: Path) -> None:
    words = ["eval", "--benchmarks=smoke:2", f"--output_dir={tmp_path / 'out'}", "--model=mock"]
    words += [f"--server_address={start_mock(f'--log={log}', '--delay=0.1')}", "++max_concurrent_requests=2"]
    kill_after(5, log, *words, "++max_samples=8", data_dir=tmp_path / "data")
    asked = len(requests(log))
    done = ns(*words, "++max_samples=12")
    assert done.returncode == 0, done.stderr
    assert len(requests(log)) <= 2 * 12 + 2  # two were in flight
    assert asked >= 5
    assert [len(lines) for lines in records(tmp_path / "out").values()] == [12, 12]


def test_killed_while_it_grows(ns: Ns, start_mock: Start, tmp_path: Path, log: Path) -> None:
    words = ["eval", "--benchmarks=smoke:4", f"--output_dir={tmp_path / 'out'}", "--model=mock"]
    words += [f"--server_address={start_mock(f'--log={log}', '--delay=0.05')}", "++max_concurrent_requests=4"]
    assert ns(*words, "++max_samples=6").returncode == 0
    kill_after(4 * 6 + 10, log, *words, data_dir=tmp_path / "data")
    done = ns(*words)
    assert done.returncode == 0, done.stderr
    asked = [(each["message"], each["seed"]) for each in requests(log)]
    assert len(set(asked)) == 4 * 24
    assert len(asked) <= 4 * 24 + 4  # what was in flight
    assert [len(lines) for lines in records(tmp_path / "out").values()] == [24] * 4


def test_verdicts_that_were_paid_for_are_kept(
    ns: Ns, start_mock: Start, tmp_path: Path, data_dir: Path, log: Path
) -> None:
    rows = [
        {"id": f"q{n}", "problem": f"What is {n} + {n}?", "expected_answer": str(2 * n), "answer_type": "exactMatch"}
        for n in range(12)
    ]
    (data_dir / "hle").mkdir(parents=True)
    (data_dir / "hle/text.jsonl").write_text("".join(json.dumps({**row, "category": "Math"}) + "\n" for row in rows))
    verdicts = tmp_path / "verdicts"
    judge = start_mock("--judge=0", "--models=o3-mini-20250131", f"--log={verdicts}")
    words = ["eval", "--benchmarks=hle:2", "--model=mock", f"--server_address={start_mock(f'--log={log}')}"]
    words += [f"--judge_server_address={judge}"]
    assert ns(*words, f"--output_dir={tmp_path / 'out'}", "++max_samples=4").returncode == 0
    more = ns(*words, f"--output_dir={tmp_path / 'out'}")
    assert more.returncode == 0, more.stderr
    assert (len(requests(log)), len(requests(verdicts))) == (2 * 12, 2 * 12)
    fresh = ns(*words, f"--output_dir={tmp_path / 'fresh'}")
    assert more.stdout.splitlines()[1:] == fresh.stdout.splitlines()[1:]
    assert records(tmp_path / "out", "hle") == records(tmp_path / "fresh", "hle")


def test_fewer_rows_than_are_there_are_refused_with_what_to_do(
    ns: Ns, words: list[str], tmp_path: Path, log: Path
) -> None:
    assert ns(*words, "--benchmarks=smoke", "++max_samples=4").returncode == 0
    fewer = ns(*words, "--benchmarks=smoke", "++max_samples=2")
    assert fewer.returncode == 1
    assert "++max_samples=4 goes on with them, and of what" in fewer.stderr
    assert "ns summarize_results --max_samples=2 shows the first 2 alone" in fewer.stderr
    assert len(requests(log)) == 4


@pytest.mark.parametrize(
    ("words_now", "said"),
    [
        (["++inference.temperature=0.1"], "inference.temperature: 0.7 there, 0.1 now"),
        (["--num_chunks=2"], "holds 3 rows of smoke, and --num_chunks can't add to them"),
    ],
)
def test_what_is_asked_otherwise_is_refused(
    ns: Ns, words: list[str], words_now: list[str], said: str, tmp_path: Path
) -> None:
    assert ns(*words, "--benchmarks=smoke:1", "++max_samples=3").returncode == 0
    refused = ns(*words, "--benchmarks=smoke:1", "++max_samples=5", *words_now)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert [len(lines) for lines in records(tmp_path / "out").values()] == [3]


def test_a_dry_run_says_what_is_left_and_changes_nothing(ns: Ns, words: list[str], tmp_path: Path) -> None:
    assert ns(*words, "--benchmarks=smoke:1", "++max_samples=3").returncode == 0
    before = records(tmp_path / "out")
    dry = ns(*words, "--benchmarks=smoke:1", "++max_samples=5", "--dry_run")
    assert dry.returncode == 0, dry.stderr
    assert "5 rows, 1 seed from 0: 5 samples" in dry.stdout
    assert "done" not in dry.stdout.splitlines()[4]
    assert records(tmp_path / "out") == before


def test_another_split_has_its_own_place(ns: Ns, words: list[str], tmp_path: Path, data_dir: Path, log: Path) -> None:
    for split in ("diamond", "main"):
        (data_dir / "gpqa").mkdir(parents=True, exist_ok=True)
        options = {"A": "one", "B": "two"}
        row = {"id": split, "problem": f"Which is {split}?", "options": options, "expected_answer": "A", "domain": "x"}
        (data_dir / f"gpqa/{split}.jsonl").write_text(json.dumps(row) + "\n")
    for name in ("gpqa:2", "gpqa.main:2", "gpqa:3"):
        done = ns(*words, f"--benchmarks={name}")
        assert done.returncode == 0, done.stderr
    assert len(requests(log)) == 2 + 2 + 1
    assert sorted(folder.name for folder in (tmp_path / "out/eval-results").iterdir() if folder.is_dir()) == [
        "gpqa",
        "gpqa.main",
    ]


def test_results_stay_while_nobody_answers_at_the_address(ns: Ns, words: list[str], tmp_path: Path) -> None:
    some = [*words, "--benchmarks=smoke:2", "++max_samples=3"]
    assert ns(*some).returncode == 0
    before = files(tmp_path / "out")
    nobody = ns(*at(some, "http://127.0.0.1:9/v1"), "++max_samples=10")
    assert nobody.returncode == 1
    assert files(tmp_path / "out") == before
    again = ns(*some)
    assert again.returncode == 0, again.stderr


def test_results_are_put_back_where_no_answer_came(ns: Ns, start_mock: Start, words: list[str], tmp_path: Path) -> None:
    some = [*words, "--benchmarks=smoke:2", "++max_samples=3"]
    assert ns(*some).returncode == 0
    before, run = files(tmp_path / "out"), json.loads((tmp_path / "out/run.json").read_text())
    refused = ns(*at(some, start_mock("--always=401")), "++max_samples=10")
    assert refused.returncode == 1
    assert "smoke: 3 rows are kept, 7 are new." in refused.stderr
    assert files(tmp_path / "out") == before
    assert json.loads((tmp_path / "out/run.json").read_text())["results"] == run["results"]
    assert ns(*some, "++max_samples=10").returncode == 0


def test_what_grew_stays_set_aside(ns: Ns, words: list[str], tmp_path: Path) -> None:
    some = [*words, "--benchmarks=smoke:2", "++max_samples=3"]
    assert ns(*some).returncode == 0
    before = files(tmp_path / "out")
    assert ns(*some, "++max_samples=10", "--benchmarks=smoke:1").returncode == 0
    [aside] = (tmp_path / "out/eval-results/smoke/superseded").iterdir()
    assert {f"smoke/{file.name}": file.read_bytes() for file in aside.iterdir()} == {
        name: content for name, content in before.items() if name.startswith("smoke/")
    }
