"""A judge through the command line: beside the model, after it, again, and when it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns

Start = Callable[..., str]
ROWS = 40


@pytest.fixture
def sums(data_dir: Path) -> list[dict[str, object]]:
    """Invented rows of hle: sums, in two categories."""
    rows: list[dict[str, object]] = [
        {
            "id": f"q{n}",
            "problem": f"What is {n} + {n * n}?",
            "expected_answer": f"the number {n + n * n}",  # symbols alone don't see that it is right
            "answer_type": "exactMatch",
            "category": ["Math", "Physics"][n % 2],
        }
        for n in range(ROWS)
    ]
    (data_dir / "hle").mkdir(parents=True)
    (data_dir / "hle/text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


@pytest.fixture
def words(sums: list[dict[str, object]], start_mock: Start, tmp_path: Path) -> list[str]:
    """An `ns eval` of hle against a mock model that is right in 7 of 10 cases."""
    asked = ["eval", "--benchmarks=hle:2", f"--output_dir={tmp_path}/out", "--model=mock"]
    return [*asked, f"--server_address={start_mock()}"]


@pytest.fixture
def judge(start_mock: Start) -> str:
    return f"--judge_server_address={start_mock('--judge=0', '--models=o3-mini-20250131,other')}"


def records(folder: Path, name: str = "output-rs0.jsonl") -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out/eval-results/hle"


def test_the_tutorials_table(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    done = ns(
        *words, judge, "--judge_model=o3-mini-20250131",
        "--extra_judge_args=++inference.tokens_to_generate=4096 ++max_concurrent_requests=8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].strip("-") == " hle "
    assert [name.strip() for name in lines[1].split("|")] == [
        "evaluation_mode", "num_entries", "avg_tokens", "gen_seconds", "judge_correct", "symbolic_correct", "no_answer",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[2:]] == ["pass@1[avg-of-2]", "majority@2", "pass@2"]
    found = json.loads((folder / "metrics.json").read_text())["hle"]
    right = [row["judge_correct"] for seed in (0, 1) for row in records(folder, f"output-rs{seed}.jsonl")]
    assert 0.4 < sum(map(bool, right)) / len(right) < 0.95
    assert found["pass@1[avg-of-2]"]["judge_correct"] == pytest.approx(100 * sum(map(bool, right)) / len(right))
    assert found["pass@1[avg-of-2]"]["symbolic_correct"] < 5
    assert set(found["subsets"]) == {"Math", "Physics"}
    assert found["usage"]["o3-mini-20250131"]["completion_tokens"] == 20 * 2 * ROWS
    assert "tokens: hle, judge o3-mini-20250131:" in done.stderr


def test_records_hold_the_verdict_in_the_words_of_the_judge(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    assert ns(*words, judge).returncode == 0
    record = records(folder)[3]
    assert str(record["judgement"]).splitlines()[-1] == f"Judgement: {'Yes' if record['judge_correct'] else 'No'}"
    assert record["judge"] == "o3-mini-20250131"
    judged = records(folder / "judgements/o3-mini-20250131")[3]
    assert (judged["id"], judged["judgement"]) == (record["id"], record["judgement"])


def test_a_judge_that_is_not_there_is_known_before_the_model_is_asked(ns: Ns, words: list[str], folder: Path) -> None:
    done = ns(*words, "--judge_server_address=http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert "Start it, or correct --judge_server_address" in done.stderr
    assert not any('"generation"' in file.read_text() for file in folder.glob("*.journal"))


def test_without_a_key_for_the_judge_nothing_is_asked(ns: Ns, words: list[str]) -> None:
    done = ns(*words, OPENAI_API_KEY="", JUDGE_API_KEY="")
    assert done.returncode == 1
    assert "neither JUDGE_API_KEY nor OPENAI_API_KEY is set" in done.stderr
    assert "--judge_model=none" in done.stderr


def test_judging_later_and_by_another_judge_keeps_both(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    unjudged = ns(*words, "--judge_model=none")
    assert unjudged.returncode == 0
    assert "judge_correct" not in unjudged.stdout
    assert "nothing is judged; ns judge" in unjudged.stderr
    output = str(folder.parents[1])
    assert ns("judge", output, judge).returncode == 0
    settings = ("--extra_judge_args=++inference.tokens_to_generate=77 ++inference.top_p=0.5", "++inference.top_p=0.6")
    both = ns("judge", output, judge, "--judge_model=other", *settings)
    assert both.returncode == 0, both.stderr
    run = json.loads((folder.parents[1] / "run.json").read_text())["runs"][-1]
    used = run["plan"]["judges"][0]["settings"]["inference"]
    assert (used["tokens_to_generate"], used["top_p"]) == (77, 0.6)
    assert "hle (judge o3-mini-20250131)" in both.stdout
    assert "hle (judge other)" in both.stdout
    assert records(folder)[0]["judge"] == "o3-mini-20250131"
    assert set(json.loads((folder / "metrics.json").read_text())["hle"]["judges"]) == {"o3-mini-20250131", "other"}


def test_run_again_nothing_is_judged_twice(ns: Ns, words: list[str], start_mock: Start, tmp_path: Path) -> None:
    log = tmp_path / "judged.log"
    judge = f"--judge_server_address={start_mock('--judge=0', '--models=o3-mini-20250131', '--log', log)}"
    first, second = ns(*words, judge), ns(*words, judge)
    assert first.stdout == second.stdout != ""
    assert log.read_text().count('"arrived"') == 2 * ROWS


@pytest.mark.parametrize("rerun", [(), ("--rerun_done",)], ids=["go on", "rerun_done"])
def test_judgements_in_a_folder_of_the_former_name_are_taken_over(
    ns: Ns, words: list[str], start_mock: Start, tmp_path: Path, folder: Path, rerun: tuple[str, ...]
) -> None:
    log = tmp_path / "judged.log"
    address = start_mock("--judge=0", "--models=org/m", "--log", log)
    judge = (f"--judge_server_address={address}", "--judge_model=org/m")
    first = ns(*words, *judge)
    assert first.returncode == 0, first.stderr
    (today,) = (folder / "judgements").glob("org_m-*")
    today.rename(folder / "judgements/org_m")
    again = ns("judge", str(folder.parents[1]), *judge, *rerun)
    assert again.returncode == 0, again.stderr
    assert log.read_text().count('"arrived"') == (4 if rerun else 2) * ROWS
    assert [place.name for place in (folder / "judgements").glob("org_m*")] == [today.name]


def test_another_prompt_for_the_same_judge_is_refused(ns: Ns, words: list[str], judge: str) -> None:
    assert ns(*words, judge).returncode == 0
    refused = ns(*words, judge, "--extra_judge_args=++inference.tokens_to_generate=99")
    assert refused.returncode == 1
    assert "inference.tokens_to_generate: 4096 there, 99 now" in refused.stderr


def test_verdicts_that_cannot_be_read_are_asked_once_more_then_shown(
    ns: Ns, words: list[str], start_mock: Start, tmp_path: Path, folder: Path
) -> None:
    log = tmp_path / "judged.log"
    address = start_mock("--judge=0.5", "--models=o3-mini-20250131", "--log", log)
    done = ns(*words, f"--judge_server_address={address}")
    assert done.returncode == 0, done.stderr
    unread = [row for seed in (0, 1) for row in records(folder, f"output-rs{seed}.jsonl") if "judge_unparsed" in row]
    assert 5 < len(unread) < ROWS
    assert all(row["judge_correct"] is None for row in unread)
    assert "judge_unparsed" in done.stdout.splitlines()[1]
    asked = [json.loads(line) for line in log.read_text().splitlines() if '"arrived"' in line]
    assert 2 * ROWS + len(unread) < len(asked) < 4 * ROWS


def test_a_judge_that_dies_loses_no_generation_and_no_judgement(
    ns: Ns, words: list[str], folder: Path, start_mock: Start, tmp_path: Path, data_dir: Path
) -> None:
    log = tmp_path / "judged.log"
    address = start_mock("--judge=0", "--models=o3-mini-20250131", "--delay=0.1", "--log", log)
    again = [*words, f"--judge_server_address={address}", "--extra_judge_args=++max_concurrent_requests=2"]
    environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(data_dir)}
    worker = subprocess.Popen([sys.executable, "-m", "northstar", *again], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while log.read_text().count('"answered"') < 20:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    journals = (folder / "judgements/o3-mini-20250131").glob("*.journal")
    kept, before = sum(file.read_text().count('"generation":{') for file in journals), log.read_text().count("arrived")
    assert kept >= 17
    assert ns(*again).returncode == 0
    assert log.read_text().count("arrived") - before == 2 * ROWS - kept


def test_a_judge_without_credit_fails_at_the_end_and_the_generations_are_complete(
    ns: Ns, words: list[str], folder: Path, start_mock: Start
) -> None:
    address = start_mock("--judge=0", "--models=o3-mini-20250131", "--first", ",,,401")
    done = ns(*words, f"--judge_server_address={address}")
    assert done.returncode == 1
    assert "(judge o3-mini-20250131; no generation is lost)" in done.stderr
    assert len(records(folder)) == ROWS
    assert ns("judge", str(folder.parents[1]), f"--judge_server_address={address}").returncode == 0


def test_chunks_are_judged_apart_and_put_together(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    assert ns(*words, judge, "--num_chunks=3", "--chunk_ids=1").returncode == 0
    assert ns(*words, judge, "--num_chunks=3", "--chunk_ids=0,2").returncode == 0
    assert [row["id"] for row in records(folder, "output-rs1.jsonl")] == [f"q{n}" for n in range(ROWS)]
    assert all("judge_correct" in row for row in records(folder, "output-rs1.jsonl"))
    assert not list(folder.rglob("*_chunk_*.jsonl"))


@pytest.fixture
def chosen(ns: Ns, start_mock: Start, tmp_path: Path, data_dir: Path) -> Path:
    """The output of an `ns eval` of gpqa with invented rows."""
    rows = [
        {
            "id": f"q{n}",
            "problem": f"What is {n} + {n}?",
            "options": {"A": str(2 * n), "B": str(2 * n + 1)},
            "expected_answer": "A",
            "domain": "Mathematics",
        }
        for n in range(10)
    ]
    (data_dir / "gpqa").mkdir(parents=True)
    (data_dir / "gpqa/diamond.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--benchmarks=gpqa:2", f"--output_dir={tmp_path}/out", "--model=mock", f"--server_address={start_mock()}")
    done = ns("eval", *words)
    assert done.returncode == 0, done.stderr
    return tmp_path / "out"


def test_a_benchmark_without_a_judge_is_judged_if_it_is_named(
    ns: Ns, chosen: Path, start_mock: Start, tmp_path: Path
) -> None:
    log = tmp_path / "judged.log"
    address = f"--judge_server_address={start_mock('--judge=0', '--log', log)}"
    done = ns("judge", chosen, "--benchmarks=gpqa", "--judge_model=mock", address)
    assert done.returncode == 0, done.stderr
    header, first = done.stdout.splitlines()[1:3]
    assert [name.strip() for name in header.split("|")][-3:] == ["judge_correct", "symbolic_correct", "no_answer"]
    seeds = [records(chosen / "eval-results/gpqa", f"output-rs{seed}.jsonl") for seed in (0, 1)]
    right = [bool(row["judge_correct"]) for rows in seeds for row in rows]
    assert 0 < sum(right) < 20
    assert first.split("|")[4].strip() == f"{5 * sum(right):.2f}%"
    assert "<options>\nA) " in json.loads(log.read_text().splitlines()[0])["message"]


def test_without_being_named_it_is_not_judged(ns: Ns, chosen: Path, judge: str) -> None:
    done = ns("judge", chosen, judge, "--judge_model=other")
    assert done.returncode == 2
    assert "(gpqa) is graded by a judge of its own; name with --benchmarks" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--judge_model is missing"),
        (["--judge_model=none"], "--judge_model=none would judge nothing"),
        (["--judge_model=m", "--judge_server_gpus=8"], "--judge_server_gpus is for servers that Northstar starts"),
    ],
)
def test_who_judges_must_make_sense(ns: Ns, chosen: Path, words: list[str], said: str) -> None:
    done = ns("judge", chosen, "--benchmarks=gpqa", *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_judges_limit_slows_it_down_and_is_shown(ns: Ns, words: list[str], start_mock: Start, folder: Path) -> None:
    address = start_mock("--judge=0", "--models=o3-mini-20250131", "--limit=10/0.5", "--reasons")
    done = ns(*words, f"--judge_server_address={address}")
    assert done.returncode == 0, done.stderr
    assert "by the server's rate limit" in done.stderr
    (run,) = json.loads((folder.parents[1] / "run.json").read_text())["runs"]
    assert run["judges"]["o3-mini-20250131"]["rate_limited"] > 0
    assert run["judge o3-mini-20250131"]["not_sent"] == ["temperature", "top_p"]
    assert run["judge o3-mini-20250131"]["renamed"] == {"max_tokens": "max_completion_tokens"}


def test_a_judge_option_without_a_judged_benchmark_is_refused(ns: Ns, tmp_path: Path) -> None:
    done = ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}", "--judge_model=x")
    assert (done.returncode, "none of the benchmarks (smoke) is graded by a judge" in done.stderr) == (2, True)


@pytest.mark.real_model
def test_a_real_model_judges_after_the_model_is_done(ns: Ns, sums: object, tmp_path: Path, folder: Path) -> None:
    done = ns(
        "eval", "--benchmarks=hle", f"--output_dir={tmp_path}/out", "--model=smollm2", "++max_samples=4",
        "--judge_server_type=llamacpp", "--judge_model=smollm2", "++inference.tokens_to_generate=32",
        "--extra_judge_args=++inference.tokens_to_generate=32", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = records(folder, "output.jsonl")
    assert len(rows) == 4
    assert all(row["judge"] == "smollm2" and isinstance(row["judgement"], str) for row in rows)


def test_generations_with_judgements_are_made_anew(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    assert ns(*words, judge).returncode == 0
    again = ns(*words, judge, "++inference.temperature=0.1", "--rerun_done")
    assert again.returncode == 0, again.stderr
    assert all("judge_correct" in row for row in records(folder))
    assert len(list(folder.rglob("superseded/*/output-rs?.jsonl"))) == 4  # two seeds, and the judgements of each


def test_judgements_are_made_anew(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    assert ns(*words, judge).returncode == 0
    again = ns("judge", folder.parents[1], judge, "--extra_judge_args=++inference.top_p=0.5", "--rerun_done")
    assert again.returncode == 0, again.stderr
    assert len(list(folder.glob("judgements/*/superseded/*/output-rs?.jsonl"))) == 2
    assert [file.name for file in folder.glob("superseded/*/*")] == ["metrics.json"]  # its judge_correct is of those


def test_judgements_that_cannot_be_made_anew_are_put_back(ns: Ns, words: list[str], judge: str, folder: Path) -> None:
    assert ns(*words, judge).returncode == 0
    hosted = ("--judge_server_type=generic", "--judge_model=o3-mini-20250131", "--judge_server_gpus=0")
    again = ns("judge", folder.parents[1], *hosted, "--extra_judge_args=++inference.top_p=0.5", "--rerun_done")
    assert again.returncode != 0
    assert len(records(folder / "judgements/o3-mini-20250131")) == ROWS
    assert ns(*words, judge).returncode == 0
