"""What run.json says was asked: enough to rebuild a request elsewhere, and no row's content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan
from northstar.benchmarks.loading import load_benchmark
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.prompts import PromptOptions
from northstar.provenance import provenance
from northstar.provenance.asked import asked_of
from northstar.results.run_json import read_run_json

ROW = {"id": "r1", "problem": "SECRET", "options": {"A": "1", "B": "2"}, "expected_answer": "B"}


def asked(tmp_path: Path, benchmark: str, *overrides: str, prompts: str | None = None) -> dict[str, dict[str, Any]]:
    """Describe a run over one row of the benchmark, whose prompt of a library is in the data folder."""
    for name in ("gpqa/diamond", "hle/text", "bfcl_v3/test"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        row = ROW | {"category": "simple", "function": [], "question": [[{"role": "user", "content": "SECRET"}]]}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    folder = tmp_path / "prompts/nemo-skills/abcdef0"
    (folder / "judge").mkdir(parents=True, exist_ok=True)
    (folder / "mine.yaml").write_text("system: Be brief.\nuser: 'Solve {problem}'")
    (folder / "judge/hle.yaml").write_text("user: 'Judge {generation}'")
    options = EvalOptions(
        benchmarks=benchmark,
        output_dir=tmp_path / "out",
        data_dir=tmp_path,
        words=PromptOptions(prompts=prompts),
        overrides=overrides,
    )
    plan = make_plan(options)
    assert plan.generate is not None
    loaded = [load_benchmark(plan, part) for part in plan.generate.benchmarks]
    described = asked_of(plan, loaded)
    for part in loaded:
        part.rows.close()
    return described


def test_the_prompt_of_a_library_is_described_by_library_commit_address_and_checksum(tmp_path: Path) -> None:
    found = asked(tmp_path, "gpqa:2", "++prompt_config=nemo-skills@abcdef0/mine")["gpqa.seeds"]
    base = "https://raw.githubusercontent.com/NVIDIA-NeMo/Skills/abcdef0/nemo_skills/prompt/config"
    content = b"system: Be brief.\nuser: 'Solve {problem}'"
    assert found["prompt"] == {
        "name": "nemo-skills@abcdef0/mine",
        "sha256": hashlib.sha256(content).hexdigest(),
        "form": "nemo-skills",
        "library": "nemo-skills",
        "commit": "abcdef0",
        "address": f"{base}/mine.yaml",
    }


def test_the_messages_are_texts_with_their_fields_and_hold_no_row(tmp_path: Path) -> None:
    found = asked(tmp_path, "gpqa", "++prompt_config=nemo-skills@abcdef0/mine")["gpqa.greedy"]
    assert found["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Solve {problem}"},
    ]
    assert "SECRET" not in json.dumps(found)


@pytest.mark.parametrize(("given", "sent"), [("", [""]), ("Short.", ["Short."]), ("none", [])])
def test_the_given_system_message_is_the_one_that_is_sent(tmp_path: Path, given: str, sent: list[str]) -> None:
    overrides = (f"++system_message={given}", "++prompt_config=nemo-skills@abcdef0/mine")
    found = asked(tmp_path, "gpqa", *overrides)["gpqa.greedy"]
    assert [each["content"] for each in found["messages"] if each["role"] == "system"] == sent


def test_extraction_and_grader_are_described(tmp_path: Path) -> None:
    found = asked(tmp_path, "gpqa")["gpqa.greedy"]
    assert found["grader"] == {"name": "multiple_choice"}
    assert found["extraction"].startswith("the letter in the last box")


def test_the_judges_prompt_is_described_beside(tmp_path: Path) -> None:
    found = asked(tmp_path, "hle:1", "++prompt_config=bare", prompts="nemo-skills@abcdef0")
    assert found["hle.seeds"]["prompt"]["name"] == "bare"
    judge = found["hle.seeds judged by o3-mini-20250131"]
    assert (judge["prompt"]["name"], judge["messages"][0]["content"]) == (
        "nemo-skills@abcdef0/judge/hle",
        "Judge {generation}",
    )


def test_conversations_of_the_rows_have_no_prompt(tmp_path: Path) -> None:
    found = asked(tmp_path, "bfcl_v3", "++use_client_parsing=False")["bfcl_v3.greedy"]
    assert found["prompt"] == {"name": "the conversations of the rows"}


def test_run_json_holds_it_until_the_run_is_forgotten(tmp_path: Path) -> None:
    name, before, now = "gpqa.seeds", {"prompt": {"name": "old"}}, {"prompt": {"name": "new"}}
    (tmp_path / "eval-logs").mkdir()
    old = provenance.register(tmp_path, {name: {"model": "a"}}, {}, False, asked={name: before})
    assert read_run_json(tmp_path / "run.json")["asked"] == {name: before}
    again = provenance.register(tmp_path, {name: {"model": "b"}}, {}, True, asked={name: now})
    assert read_run_json(tmp_path / "run.json")["asked"] == {name: now}
    provenance.forget(tmp_path, again)
    assert read_run_json(tmp_path / "run.json")["asked"] == {name: before}
    provenance.update_run(tmp_path, 1, {"ending": "failed"})
    provenance.forget(tmp_path, old)
    assert read_run_json(tmp_path / "run.json")["asked"] == {}
