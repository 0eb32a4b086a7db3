"""`ns generate` with real servers: answers that must be JSON of a schema, or match a pattern."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
    "additionalProperties": False,
}


def rows_in(folder: Path) -> list[str]:
    lines = [{"name": thing, "turns": [f"Which colour has {thing}?", "Are you sure?"]} for thing in ("sky", "blood")]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "p.yaml").write_text("user: 'Which colour has {{ name }}?'\n")
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return ["generate", f"--input_file={folder}/rows.jsonl", "++inference.tokens_to_generate=40"]


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.real_model
@pytest.mark.slow
def test_llama_cpp_holds_answers_to_a_schema_and_asks_turns(ns: Ns, tmp_path: Path) -> None:
    words = [*rows_in(tmp_path), "--server_args=--parallel 2 --threads 1"]
    schema = (f"++inference.json_schema={tmp_path}/schema.json", "--extract=json-schema")
    done = ns(
        *words, f"--output_dir={tmp_path}/a", f"++prompt_config={tmp_path}/p.yaml", "--num_random_seeds=2", *schema
    )
    assert done.returncode == 0, done.stderr
    for seed in range(2):
        found = records(tmp_path / f"a/output-rs{seed}.jsonl")
        assert [each["name"] for each in found] == ["sky", "blood"]
        assert all(each["extracted"]["colour"] in ("red", "blue") for each in found)
    turns = ("++prompt_format=text", "++multi_turn_key=turns")
    assert ns(*words, f"--output_dir={tmp_path}/b", *turns).returncode == 0
    assert [len(each["turns"]) for each in records(tmp_path / "b/output.jsonl")] == [2, 2]
    refused = ns(*words, f"--output_dir={tmp_path}/c", *turns, "++inference.regex=a+", "--dry_run")
    assert "++inference.regex: llama.cpp can't hold answers to a pattern" in refused.stderr


@pytest.mark.real_vllm
@pytest.mark.slow
def test_vllm_holds_answers_to_a_pattern(ns: Ns, tmp_path: Path, vllm: Path, model: Path) -> None:
    words = [*rows_in(tmp_path), f"--output_dir={tmp_path}/out", f"--model={model}/", "--server_type=vllm"]
    words += ["--server_gpus=0", f"--server_python={vllm}", "--server_args=--enforce-eager"]
    pattern = "(red|blue), (yes|no)"
    done = ns(*words, f"++prompt_config={tmp_path}/p.yaml", f"++inference.regex={pattern}", r"--extract=regex:^\w+")
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "out/output.jsonl")
    assert all(re.fullmatch(pattern, each["generation"]) for each in found)
    assert {each["extracted"] for each in found} <= {"red", "blue"}
