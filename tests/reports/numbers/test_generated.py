"""The summary of answers to rows of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.reports.summarize import benchmark_folders, summarize_results


def write(folder: Path, name: str, *lines: dict[str, object]) -> None:
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_each_output_is_a_line(tmp_path: Path) -> None:
    full: dict[str, object] = {"id": 1, "generation": "yes", "num_generated_tokens": 4, "num_prompt_tokens": 2}
    write(tmp_path, "output-rs0.jsonl", full, {"id": 2, "generation": "", "finish_reason": "error", "error": "refused"})
    write(tmp_path, "output-rs1.jsonl", full | {"judge_correct": True, "judge_label": "good"})
    summary = summarize_results(tmp_path)
    assert summary.metrics["generate"]["output-rs0"] == {"num_entries": 2, "avg_tokens": 2, "no_answer": 50.0}
    assert summary.metrics["generate"]["output-rs1"]["good"] == 100.0
    assert summary.usage() == ["generate: 4 prompt and 8 generated tokens"]
    assert "output-rs0 | 2           | 2          | 50.00%" in summary.text()


def test_an_output_under_way_is_named(tmp_path: Path) -> None:
    write(tmp_path, "output-rs0.jsonl.journal", {})
    summary = summarize_results(tmp_path)
    assert summary.notes == ("seed 0 is not complete and not counted; the same ns generate command goes on with it.",)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "output.jsonl").write_text('{"id": 1}\n{"id"\n')
    with pytest.raises(NorthstarError, match=r"output\.jsonl, line 2"):
        summarize_results(tmp_path)


def test_what_needs_scores_says_that_there_are_none(tmp_path: Path) -> None:
    write(tmp_path, "output.jsonl", {"id": 1, "generation": "x"})
    with pytest.raises(NorthstarError, match="answers of ns generate, which have no scores"):
        benchmark_folders(tmp_path, None)
