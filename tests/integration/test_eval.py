"""`ns eval` through the command line, against a mock server and against a real model."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.conftest import Prepare

Start = Callable[..., str]


def records(output: Path, benchmark: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "eval-results" / benchmark / name).read_text().splitlines()]


def ask_mock(address: str, output: Path, benchmarks: str) -> tuple[str, ...]:
    """The words of an `ns eval` against a mock server."""
    return (
        "eval",
        f"--benchmarks={benchmarks}",
        f"--output_dir={output}",
        f"--server_address={address}",
        "--model=mock",
    )


def test_from_nothing_to_a_table(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(
        "eval",
        "--benchmarks=smoke:3",
        f"--output_dir={tmp_path}/out",
        f"--server_address={start_mock()}",
        "--model=mock",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].strip("-") == " smoke "
    assert [line.split(" | ")[:2] for line in lines[1:]] == [
        ["evaluation_mode ", "num_entries"],
        ["pass@1[avg-of-3]", "24         "],
        ["majority@3      ", "24         "],
        ["pass@3          ", "24         "],
    ]
    record = records(tmp_path / "out", "smoke", "output-rs2.jsonl")[0]
    assert record["id"] == "smoke-01"
    assert {"generation", "predicted_answer", "symbolic_correct", "num_generated_tokens"} <= set(record)
    metrics = json.loads((tmp_path / "out/eval-results/metrics.json").read_text())
    assert {"pass@2", "majority@3", "pass@1[avg-of-2]"} <= set(metrics["smoke"])
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["results"]["smoke.seeds"]["inference.temperature"] == 0.7
    assert run["runs"][0]["ending"] == "done"


def test_run_again_it_asks_nothing(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = (
        "eval",
        "--benchmarks=smoke",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        f"--server-address={start_mock('--log', log)}",
    )
    first, second = ns(*words), ns(*words)
    assert first.stdout == second.stdout != ""
    assert log.read_text().count('"arrived"') == 24
    assert (tmp_path / "out/eval-results/smoke/output.jsonl").exists()


def test_chunks_are_put_together_by_the_last(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    words = (
        "eval",
        "--benchmarks=smoke:2",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        f"--server_address={start_mock()}",
        "--num_chunks=5",
    )
    assert ns(*words, "--chunk_ids=3,4").returncode == 0
    folder = tmp_path / "out/eval-results/smoke"
    assert not (folder / "output-rs0.jsonl").exists()
    assert ns(*words, "--chunk_ids=0-2").returncode == 0
    assert [row["id"] for row in records(tmp_path / "out", "smoke", "output-rs1.jsonl")] == [
        f"smoke-{n:02d}" for n in range(1, 25)
    ]
    assert not list(folder.glob("*_chunk_*.jsonl"))


def test_results_made_otherwise_are_not_mixed(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    words = (
        "eval",
        "--benchmarks=smoke:1",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        f"--server_address={start_mock()}",
    )
    assert ns(*words).returncode == 0
    refused = ns(*words, "++inference.temperature=0.1")
    assert refused.returncode == 1
    assert "inference.temperature: 0.7 there, 0.1 now" in refused.stderr
    assert ns(*words, "++inference.temperature=0.1", "--rerun_done").returncode == 0
    assert len(list((tmp_path / "out/eval-results/smoke/superseded").glob("*/output-rs0.jsonl"))) == 1


def test_dry_run_shows_plan_and_prompt_and_writes_nothing(ns: Ns, tmp_path: Path) -> None:
    done = ns("eval", "--benchmarks=smoke:4", f"--output_dir={tmp_path}/out", "--dry_run", "++system_message=Be brief.")
    assert done.returncode == 0, done.stderr
    assert "smoke: split test, 24 rows, 4 seeds from 0: 96 samples" in done.stdout
    assert "[system]\nBe brief.\n[user]\n" in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--benchmarks=aime2:4",), 2, "error: unknown benchmark 'aime2'. Did you mean aime"),
        (("--benchmarks=smoke:x",), 2, "'smoke:x' needs a number of seeds after the colon"),
        (("--benchmarks=smoke", "--server_type=openia"), 2, "unknown server type 'openia'. Did you mean openai?"),
        (("--benchmarks=smoke", "++inference.temprature=1"), 2, "Did you mean ++inference.temperature"),
        (("--benchmarks=smoke", "++inference.top_p=much"), 2, "++inference.top_p=much must be a number"),
        (
            ("--benchmarks=smoke", "++eval_config.timeout=3"),
            2,
            "unknown setting '++eval_config.timeout'. Did you mean timeout_seconds?",
        ),
        (("--benchmarks=smoke", "--split=train"), 2, "smoke has no split 'train'"),
        (("--benchmarks=smoke", "--server_adress=x"), 2, "no such option"),
        (("--benchmarks=aime24", "--no_prepare"), 1, "Run ns prepare_data aime24 first"),
        (("--benchmarks=smoke", "--model=/no/such.gguf"), 2, "there is no file /no/such.gguf"),
        (("--benchmarks=smoke", "--model=m", "--server_address=http://127.0.0.1:9/v1"), 1, "no server answers at"),
        (("--benchmarks=smoke", "--model=m", "--server_address="), 2, "--server_address= has no value"),
        (("--benchmarks=smoke", "--server_nodes=2"), 2, "--server_nodes=2 needs a cluster; this machine is one node."),
        (("--benchmarks=smoke", "--num_jobs=0"), 2, "--num_jobs=0 must be 1 or more, or -1"),
        (("--benchmarks=smoke", "--server_gpus=-1"), 2, "invalid value for '--server_gpus'"),
        (("--benchmarks=smoke", "--server_type=vllm", "--model=/no/model/"), 2, "--model=/no/model/: there is no such"),
        (("--benchmarks=smoke", "++context_overflow=cut"), 2, "'fail' or 'reduce_generation'"),
        (("--benchmarks=smoke", "--output_dir=/proc/no"), 1, "cannot write to --output_dir=/proc/no"),
    ],
)
def test_bad_input_gets_one_sentence(ns: Ns, tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    output = () if any("output_dir" in word for word in words) else (f"--output_dir={tmp_path}/out",)
    done = ns("eval", *words, *output)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr


@pytest.mark.parametrize(
    ("jobs", "note"),
    [
        (8, "note: this process is one of the jobs that share the run; the same command, here or on another machine"),
        (-1, "note: --num_jobs=-1 is for clusters; this machine runs everything as one job."),
    ],
)
def test_how_many_jobs_this_machine_makes_of_several_is_said(ns: Ns, tmp_path: Path, jobs: int, note: str) -> None:
    done = ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}/out", f"--num_jobs={jobs}", "--dry_run")
    assert done.returncode == 0
    assert note in done.stderr


def test_malformed_rows_are_named_by_file_and_line(ns: Ns, tmp_path: Path, data_dir: Path) -> None:
    (data_dir / "aime24").mkdir(parents=True)
    (data_dir / "aime24/test.jsonl").write_text('{"id": "1", "problem": "p", "expected_answer": "1"}\n{"id": \n')
    done = ns("eval", "--benchmarks=aime24", f"--output_dir={tmp_path}/out")
    assert done.returncode == 1
    assert "aime24/test.jsonl, line 2: not a valid row" in done.stderr


def test_a_full_disk_keeps_what_is_done_and_says_so(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("NO FULL DISK TO TRY: mounting a small tmpfs needs root")
    try:
        words = ("eval", "--benchmarks=smoke:4", "--model=mock", f"--server_address={start_mock('--tokens', 2000)}")
        done = ns(*words, f"--output_dir={small}/out")
        assert done.returncode == 1
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        kept = len(b"".join(file.read_bytes() for file in small.rglob("*.journal")).splitlines())
        assert kept > 5
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(start_mock: Start, tmp_path: Path) -> None:
    address = start_mock("--delay", 0.3)
    words = [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:8", f"--output_dir={tmp_path}/out"]
    worker = subprocess.Popen(
        [*words, "--model=mock", f"--server_address={address}", "++max_concurrent_requests=4"],
        env={**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path / "data")},
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = tmp_path / "out/eval-results/smoke"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any(f.stat().st_size > 2000 for f in folder.glob("*.journal")):
        time.sleep(0.02)
    worker.send_signal(signal.SIGINT)
    _, stderr = worker.communicate(timeout=20)
    assert worker.returncode == 130
    kept = sum(file.read_text().count('"generation":{') for file in folder.glob("*.journal"))
    assert f"\nstopped by SIGINT: {kept} of 192 generations are done and kept" in stderr  # without "error:"
    assert 4 <= kept < 192
    assert "Run the same command again to go on." in stderr


@pytest.mark.real_model
@pytest.mark.shared_data
def test_a_real_model_answers_real_problems(
    ns: Ns, prepare: Prepare, hub: Path, tmp_path: Path, shared_data: Path
) -> None:
    for repo, file in (("HuggingFaceH4/MATH-500", "math-500"), ("math-ai/aime25", "aime25")):
        (hub / repo).mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_data / file / "test.jsonl", hub / repo / "test.jsonl")
    assert prepare("math-500", "aime25").returncode == 0
    done = ns(
        "eval", "--benchmarks=math-500:2,aime25:2", f"--output_dir={tmp_path}/out", "--model=smollm2",
        "--server_type=llamacpp", "++max_samples=3", "++inference.tokens_to_generate=48", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("math-500", "aime25"):
        seeds = [records(tmp_path / "out", name, f"output-rs{seed}.jsonl") for seed in (0, 1)]
        problems = [
            json.loads(line)["problem"] for line in (shared_data / name / "test.jsonl").read_text().splitlines()[:3]
        ]
        assert [[row["problem"] for row in rows] for rows in seeds] == [problems, problems]
        assert all(row["generation"] and 0 < row["num_generated_tokens"] <= 48 for rows in seeds for row in rows)
        assert table(done.stdout, name) == expected_table(seeds)


def table(printed: str, name: str) -> list[list[str]]:
    """The cells of the lines of one benchmark's table."""
    lines = printed[printed.index(f" {name} ") :].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")] for line in itertools.takewhile(str.strip, lines)]


def expected_table(seeds: list[list[dict[str, Any]]]) -> list[list[str]]:
    """The same, worked out from the records of two seeds, which are too few for a majority but of equals."""
    everything = [row for rows in seeds for row in rows]
    tokens = str(int(sum(row["num_generated_tokens"] for row in everything) / len(everything)))
    ends = [row["generation_end_time"] for row in everything]
    seconds = str(int(max(ends) - min(row["generation_start_time"] for row in everything)))
    counts = [str(len(seeds[0])), tokens, seconds]
    pairs = list(zip(*seeds, strict=True))
    answered = [[row for row in pair if row["predicted_answer"] is not None] for pair in pairs]
    majority = [sum(row["symbolic_correct"] for row in pair) / len(pair) if pair else 0.0 for pair in answered]
    right = [any(row["symbolic_correct"] for row in pair) for pair in pairs]
    unanswered = [[row["predicted_answer"] is None for row in pair] for pair in pairs]
    nothing = share([all(pair) for pair in unanswered])
    return [
        [
            "pass@1[avg-of-2]",
            *counts,
            share([row["symbolic_correct"] for row in everything]),
            share([none for pair in unanswered for none in pair]),
        ],
        ["majority@2", *counts, share(majority), nothing],
        ["pass@2", *counts, share(right), nothing],
    ]


def share(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.2f}%"
