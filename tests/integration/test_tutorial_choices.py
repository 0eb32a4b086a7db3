"""The tutorial's commands for gpqa, mmlu-pro and hle, against a local hub, and a mock where it has a model server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.conftest import Prepare
from tests.integration.invented_choices import GPQA, HLE, put_gpqa, put_parquet

Start = Callable[..., str]
SETTINGS = ("++inference.tokens_to_generate=65536", "++inference.temperature=0.6", "++inference.top_p=0.95")
CHOICE_COLUMNS = ["evaluation_mode", "num_entries", "avg_tokens", "gen_seconds", "symbolic_correct", "no_answer"]


@pytest.fixture
def real_rows(shared_data: Path) -> list[dict[str, Any]]:
    """40 rows of MMLU-Pro, from here and there: several categories."""
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        return [json.loads(line) for number, line in enumerate(lines) if number % 300 == 0][:40]


def prepared(prepare: Prepare, hub: Path, rows: list[dict[str, Any]]) -> None:
    put_gpqa(hub, "diamond", GPQA)
    put_parquet(hub, "TIGER-Lab/MMLU-Pro", "test", rows)
    put_parquet(hub, "cais/hle", "test", HLE)
    done = prepare("gpqa", "mmlu-pro", "hle")
    assert done.returncode == 0, done.stderr


def table(text: str, name: str) -> list[list[str]]:
    """The cells of the table of that name."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip("-") == f" {name} ")
    block = lines[start + 1 : start + 5]
    return [[cell.strip() for cell in line.split("|")] for line in block]


@pytest.mark.shared_data
@pytest.mark.slow
def test_science_and_general_reasoning(
    ns: Ns, prepare: Prepare, hub: Path, start_mock: Start, tmp_path: Path, real_rows: list[dict[str, Any]]
) -> None:
    prepared(prepare, hub, real_rows)
    words = ("eval", "--cluster=local", "--model=mock", f"--server_address={start_mock('--choose')}")
    asked = (f"--output_dir={tmp_path}/out/", "--benchmarks=gpqa:16,mmlu-pro:16", *SETTINGS, "++system_message=")
    done = ns(*words, *asked)
    assert done.returncode == 0, done.stderr
    printed = ns("summarize_results", "--cluster=local", f"{tmp_path}/out/eval-results/mmlu-pro", "--verbose").stdout
    for name, text, entries in (("gpqa", done.stdout, len(GPQA)), ("mmlu-pro", printed, len(real_rows))):
        header, *lines = table(text, name)
        assert header == CHOICE_COLUMNS
        assert [line[0] for line in lines] == ["pass@1[avg-of-16]", "majority@16", "pass@16"]
        assert {line[1] for line in lines} == {str(entries)}
    found = json.loads((tmp_path / "out/eval-results/metrics.json").read_text())
    categories = {row["category"] for row in real_rows}
    assert set(found["mmlu-pro"]["subsets"]) == categories
    assert len(categories) > 5
    in_all = sum(modes["pass@1[avg-of-16]"]["num_entries"] for modes in found["mmlu-pro"]["subsets"].values())
    assert in_all == len(real_rows)
    assert table(printed, "mmlu-pro, pass@1[avg-of-16]")[0][0] == "subset"
    assert 5 < found["mmlu-pro"]["pass@1[avg-of-16]"]["no_answer"] < 15


@pytest.mark.shared_data
def test_hle_with_its_judge(
    ns: Ns, prepare: Prepare, hub: Path, start_mock: Start, tmp_path: Path, real_rows: list[dict[str, Any]]
) -> None:
    prepared(prepare, hub, real_rows)
    judge = start_mock("--judge=0", "--models=o3-mini-20250131", "--reasons")
    done = ns(
        "eval",
        "--cluster=local",
        "--model=mock",
        f"--server_address={start_mock()}",
        f"--output_dir={tmp_path}/out/",
        "--benchmarks=hle:16",
        "--judge_model=o3-mini-20250131",
        f"--judge_server_address={judge}",
        "--extra_judge_args=++inference.tokens_to_generate=4096 ++max_concurrent_requests=8",
        *SETTINGS,
        "++system_message=",
    )
    assert done.returncode == 0, done.stderr
    header, *lines = table(done.stdout, "hle")
    assert header == [*CHOICE_COLUMNS[:4], "judge_correct", "symbolic_correct", "no_answer"]
    assert [line[0] for line in lines] == ["pass@1[avg-of-16]", "majority@16", "pass@16"]
    assert {line[1] for line in lines} == {"5"}  # one of the six has an image
    found = json.loads((tmp_path / "out/eval-results/hle/metrics.json").read_text())["hle"]
    assert found["usage"]["o3-mini-20250131"]["completion_tokens"] == 20 * 5 * 16
    assert 50 < found["pass@1[avg-of-16]"]["judge_correct"] < 90


@pytest.mark.shared_data
@pytest.mark.real_model
def test_a_real_model_answers_real_rows_and_a_real_judge_judges_them(
    ns: Ns, prepare: Prepare, hub: Path, tmp_path: Path, real_rows: list[dict[str, Any]]
) -> None:
    prepared(prepare, hub, real_rows)
    done = ns(
        "eval", "--benchmarks=mmlu-pro:2", f"--output_dir={tmp_path}/out", "--model=smollm2", "--server_type=llamacpp",
        "++max_samples=2", "++inference.tokens_to_generate=32", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    judged = ns(
        "judge", f"{tmp_path}/out", "--benchmarks=mmlu-pro", "--judge_model=smollm2", "--judge_server_type=llamacpp",
        "++inference.tokens_to_generate=24", timeout=300,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stderr
    assert table(judged.stdout, "mmlu-pro")[0][4:7] == ["judge_correct", "symbolic_correct", "no_answer"]
    for seed in (0, 1):
        lines = (tmp_path / f"out/eval-results/mmlu-pro/output-rs{seed}.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        assert [record["problem"] for record in records] == [row["question"].strip() for row in real_rows[:2]]
        assert all(record["judge"] == "smollm2" and record["generation"] for record in records)
        assert all(isinstance(record["judgement"], str) for record in records)
    found = json.loads((tmp_path / "out/eval-results/mmlu-pro/metrics.json").read_text())["mmlu-pro"]
    assert 0 < found["usage"]["model"]["completion_tokens"] <= 2 * 2 * 32
    assert 0 < found["usage"]["smollm2"]["completion_tokens"] <= 2 * 2 * 2 * 24
