"""Judgements in a folder of the former name are taken over by their judge, and by no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.provenance.former_folder import take_over
from northstar.results.layout import judged_folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "eval-results/hle"
    folder.mkdir(parents=True)
    return folder


def judged(results: Path, seed: int, judge: str) -> Path:
    """Judgements in the folder org_m."""
    file = results / f"judgements/org_m/output-rs{seed}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"id": 1, "judge": judge}) + "\n")
    return file


def on_record(output_dir: Path, *judges: str) -> None:
    names: dict[str, dict[str, Any]] = {f"hle.seeds judged by {judge}": {} for judge in judges}
    (output_dir / "run.json").write_text(json.dumps({"run_json": 1, "results": names}))


def test_the_judge_of_the_former_folder_goes_on_with_it(tmp_path: Path, results: Path) -> None:
    text = judged(results, 0, "org/m").read_text()
    take_over(tmp_path, results, "org/m")
    assert (judged_folder(results, "org/m") / "output-rs0.jsonl").read_text() == text
    assert not (results / "judgements/org_m").exists()


def test_a_journal_alone_is_taken_by_the_judge_that_run_json_names(tmp_path: Path, results: Path) -> None:
    judged(results, 0, "org/m").rename(results / "judgements/org_m/output-rs0.jsonl.journal")
    take_over(tmp_path, results, "org/m")
    assert not judged_folder(results, "org/m").exists()
    on_record(tmp_path, "org/m", "other")
    take_over(tmp_path, results, "org/m")
    assert (judged_folder(results, "org/m") / "output-rs0.jsonl.journal").exists()


@pytest.mark.parametrize("asked", ["org m", "org:m"])
def test_another_judge_of_the_same_former_name_takes_nothing(tmp_path: Path, results: Path, asked: str) -> None:
    file = judged(results, 0, "org/m")
    take_over(tmp_path, results, asked)
    assert file.exists()


def test_a_folder_of_two_judges_stays(tmp_path: Path, results: Path) -> None:
    files = [judged(results, 0, "org/m"), judged(results, 1, "org:m")]
    take_over(tmp_path, results, "org/m")
    assert all(file.exists() for file in files)


def test_a_folder_of_which_run_json_names_two_judges_stays(tmp_path: Path, results: Path) -> None:
    on_record(tmp_path, "org/m", "org:m")
    file = judged(results, 0, "org/m")
    take_over(tmp_path, results, "org/m")
    assert file.exists()


def test_a_folder_that_is_being_written_is_not_renamed(tmp_path: Path, results: Path) -> None:
    file = judged(results, 0, "org/m")
    with locked(file.with_name(".output-rs0.lock"), "x"), pytest.raises(NorthstarError, match="being written"):
        take_over(tmp_path, results, "org/m")
    assert file.exists()
