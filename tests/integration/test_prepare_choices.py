"""`ns prepare_data gpqa mmlu-pro hle` against a local hub, with invented rows of the gated ones."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Prepare
from tests.integration.invented_choices import GPQA, HLE, put_gpqa, put_parquet


def rows_of(data_dir: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data_dir / f"{name}.jsonl").read_text().splitlines()]


def manifest_of(data_dir: Path, name: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((data_dir / f"{name}.manifest.json").read_text())
    return said


def test_gpqa_is_its_diamond_split_and_its_manifest_has_the_seed(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    put_gpqa(hub, "diamond", GPQA[:3])
    done = prepare("gpqa")
    assert (done.returncode, "gpqa: 3 rows in" in done.stdout) == (0, True), done.stderr
    rows = rows_of(data_dir, "gpqa/diamond")
    assert [row["options"][row["expected_answer"]] for row in rows] == ["3", "6", "9"]
    assert "invented" not in json.dumps(rows)
    assert manifest_of(data_dir, "gpqa/diamond")["facts"] == {"choice_shuffle_seed": 42}


def test_a_question_of_gpqa_has_its_choices_in_one_order_in_every_split(
    prepare: Prepare, hub: Path, data_dir: Path
) -> None:
    put_gpqa(hub, "diamond", GPQA[:3])
    put_gpqa(hub, "extended", GPQA[::-1])
    prepare("gpqa")
    prepare("gpqa", "--split=extended")
    extended = {row["id"]: row for row in rows_of(data_dir, "gpqa/extended")}
    assert len(extended) == 6
    assert [extended[row["id"]] for row in rows_of(data_dir, "gpqa/diamond")] == rows_of(data_dir, "gpqa/diamond")


def test_choices_that_were_shuffled_by_another_seed_are_made_again(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    put_gpqa(hub, "diamond", GPQA)
    prepare("gpqa")
    manifest = data_dir / "gpqa/diamond.manifest.json"
    manifest.write_text(json.dumps(manifest_of(data_dir, "gpqa/diamond") | {"facts": {"choice_shuffle_seed": 1}}))
    assert "(up to date)" not in prepare("gpqa").stdout
    assert manifest_of(data_dir, "gpqa/diamond")["facts"] == {"choice_shuffle_seed": 42}
    assert "(up to date)" in prepare("gpqa").stdout


def test_hle_is_its_rows_without_an_image(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    put_parquet(hub, "cais/hle", "test", HLE)
    done = prepare("hle")
    assert (done.returncode, "hle: 5 rows in" in done.stdout) == (0, True), done.stderr
    assert [row["id"] for row in rows_of(data_dir, "hle/text")] == ["h1", "h2", "h4", "h5", "h6"]
    assert "invented" not in (data_dir / "hle/text.jsonl").read_text()


def test_a_category_of_hle_is_a_split(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    put_parquet(hub, "cais/hle", "test", HLE)
    assert prepare("hle", "--split=human").returncode == 0
    assert [row["id"] for row in rows_of(data_dir, "hle/human")] == ["h2", "h4", "h6"]
    done = prepare("hle", "--split=chem")
    assert (done.returncode, "has no rows for this split" in done.stderr) == (1, True)


@pytest.mark.parametrize("environment", [{}, {"HF_TOKEN": "hf_secret"}], ids=["no token", "a token that may not"])
@pytest.mark.parametrize(("name", "repo"), [("gpqa", "Idavidrein/gpqa"), ("hle", "cais/hle")])
def test_a_gated_dataset_says_where_its_terms_are(
    prepare: Prepare, hub: Path, data_dir: Path, name: str, repo: str, environment: dict[str, str]
) -> None:
    (hub / repo).mkdir(parents=True)
    (hub / repo / ".faults.json").write_text('{"gated": true}')
    done = prepare(name, **environment)
    assert done.returncode == 1
    assert f"{name}: the dataset {repo} is gated: accept its terms at http" in done.stderr
    assert "HF_TOKEN" in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout
    assert [file.name for file in data_dir.rglob("*") if file.is_file() and not file.name.endswith(".lock")] == []


def test_what_is_wrong_with_a_gated_row_is_said_without_the_row(prepare: Prepare, hub: Path) -> None:
    put_gpqa(hub, "diamond", [GPQA[0], GPQA[1] | {"Record ID": "rec1"}])
    done = prepare("gpqa")
    assert (done.returncode, "record 2: an earlier record has the same id 'rec1'" in done.stderr) == (1, True)
    assert "times 3" not in done.stderr + done.stdout


def mmlu_pro_rows(shared_data: Path) -> list[dict[str, Any]]:
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def prepared(done: subprocess.CompletedProcess[str], said: str) -> bool:
    assert done.returncode == 0, done.stderr
    return said in done.stdout


@pytest.mark.shared_data
def test_the_real_mmlu_pro_as_parquet(prepare: Prepare, hub: Path, data_dir: Path, shared_data: Path) -> None:
    real = mmlu_pro_rows(shared_data)
    put_parquet(hub, "TIGER-Lab/MMLU-Pro", "test", real)
    assert prepared(prepare("mmlu-pro"), "mmlu-pro: 12032 rows in")
    rows = rows_of(data_dir, "mmlu-pro/test")
    assert [row["id"] for row in rows] == [line["question_id"] for line in real]
    assert [len(row["options"]) for row in rows] == [len(line["options"]) for line in real]
    assert [row["expected_answer"] for row in rows] == [line["answer"] for line in real]
    assert len({row["category"] for row in rows}) == 14


def test_a_question_of_mmlu_pro_that_appears_twice_stops_nothing(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    line = {"question_id": 7, "question": "Which?", "options": ["x", "y"], "answer": "B", "answer_index": 1}
    lines = [{**line, "category": "law", "src": "", "cot_content": "", "question": q} for q in ("Which?", "What?")]
    put_parquet(hub, "TIGER-Lab/MMLU-Pro", "validation", lines)
    assert prepare("mmlu-pro", "--split=validation").returncode == 0
    kept = rows_of(data_dir, "mmlu-pro/validation")
    assert [(row["id"], row["problem"]) for row in kept] == [(7, "Which?"), ("7-2", "What?")]
