"""`ns prepare_data arena-hard-v2` against a local hub: prompts joined with the baseline's answers."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Prepare

FOLDER = "lmarena-ai/arena-hard-auto/data/arena-hard-v2.0"
PROMPTS = [
    {"uid": "h1", "category": "hard_prompt", "subcategory": "math", "prompt": "Add."},
    {"uid": "c1", "category": "creative_writing", "subcategory": "creative_writing", "prompt": "Write."},
    {"uid": "h2", "category": "hard_prompt", "subcategory": "coding", "prompt": "Code."},
]


def answers(model: str, *ids: str) -> list[dict[str, Any]]:
    return [
        {"uid": uid, "model": model, "messages": [{"role": "user"}, {"content": {"answer": f"{model} on {uid}"}}]}
        for uid in ids
    ]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture(autouse=True)
def served(hub: Path) -> Path:
    write(hub / FOLDER / "question.jsonl", PROMPTS)
    return write(
        hub / FOLDER / "model_answer/o3-mini-2025-01-31.jsonl", answers("o3-mini-2025-01-31", "h2", "h1", "c1")
    )


def rows_of(data_dir: Path, split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data_dir / f"arena-hard-v2/{split}.jsonl").read_text().split("\n") if line]


def test_hard_prompts_have_the_answers_of_o3_mini(prepare: Prepare, data_dir: Path) -> None:
    done = prepare("arena-hard-v2")
    assert "arena-hard-v2: 2 rows in" in done.stdout, done.stderr
    assert [
        (row["id"], row["problem"], row["subcategory"], row["baseline_answer"]) for row in rows_of(data_dir, "hard")
    ] == [
        ("h1", "Add.", "math", "o3-mini-2025-01-31 on h1"),
        ("h2", "Code.", "coding", "o3-mini-2025-01-31 on h2"),
    ]


def test_a_baseline_that_lacks_a_prompt_is_refused(prepare: Prepare, served: Path) -> None:
    write(served, answers("o3-mini-2025-01-31", "h1"))
    assert "the baseline has no answer to the prompt h2" in prepare("arena-hard-v2").stderr


def test_creative_prompts_are_refused_without_their_own_baseline(prepare: Prepare) -> None:
    done = prepare("arena-hard-v2.creative")
    assert done.returncode == 1
    assert "is compared with answers of gemini-2.0-flash, not of o3-mini-2025-01-31" in done.stderr
    assert "++arena-hard-v2.baseline=FILE" in done.stderr


def test_creative_prompts_have_the_answers_of_the_file_that_is_given(
    prepare: Prepare, data_dir: Path, tmp_path: Path
) -> None:
    given = write(tmp_path / "gemini.jsonl", answers("gemini-2.0-flash-001", "c1"))
    done = prepare("arena-hard-v2.creative", f"++arena-hard-v2.baseline={given}")
    assert done.returncode == 0, done.stderr
    assert [row["baseline_answer"] for row in rows_of(data_dir, "creative")] == ["gemini-2.0-flash-001 on c1"]


def test_another_models_answers_are_no_baseline_of_creative_prompts(
    prepare: Prepare, served: Path, tmp_path: Path
) -> None:
    done = prepare("arena-hard-v2.creative", f"++arena-hard-v2.baseline={served}")
    assert done.returncode == 2
    assert "holds answers of o3-mini-2025-01-31; the split 'creative' is compared with those of" in done.stderr
    lite = write(tmp_path / "lite.jsonl", answers("gemini-2.0-flash-lite-001", "c1"))
    assert (
        "holds answers of gemini-2.0-flash-lite-001"
        in prepare("arena-hard-v2.creative", f"++arena-hard-v2.baseline={lite}").stderr
    )
    rows = write(tmp_path / "rows.jsonl", PROMPTS)
    assert "is not a file of answers" in prepare("arena-hard-v2.creative", f"++arena-hard-v2.baseline={rows}").stderr


@pytest.mark.shared_data
def test_all_500_are_joined(prepare: Prepare, data_dir: Path, served: Path, shared_data: Path) -> None:
    shutil.copyfile(shared_data / "arena-hard-v2/question.jsonl", served.parents[1] / "question.jsonl")
    served.write_bytes(gzip.decompress((shared_data / "arena-hard-v2/o3-mini-2025-01-31.jsonl.gz").read_bytes()))
    assert "arena-hard-v2: 500 rows in" in prepare("arena-hard-v2").stdout
    assert {row["subcategory"] for row in rows_of(data_dir, "hard")} == {"coding", "math"}
