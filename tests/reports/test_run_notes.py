"""What is said of the runs behind a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.provenance import provenance
from northstar.reports.run_notes import beyond_the_limit, gpu_hours_used, known_by_name_only


def test_a_model_that_is_known_by_its_name_only_is_told(tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {"known_by_name_only": {"org/m": "no hub"}}, False)
    provenance.update_run(tmp_path, 0, {"server": {"known_by_name_only": {"x": "silent"}}, "judge j": None})
    assert known_by_name_only(tmp_path)[1:] == [
        "x is known by its name only (silent): if another model takes its place, nothing here shows it."
    ]
    assert known_by_name_only(tmp_path)[:1] == [
        "org/m is known by its name only (no hub): if another model takes its place, nothing here shows it."
    ]


def test_gpu_hours_of_all_runs_and_judges_are_added_up_with_what_of_them_was_idle(tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    for run in range(3):
        provenance.register(tmp_path, {}, {}, False)
        provenance.update_run(tmp_path, run, {"server": {"commands": ["vllm"]}})
    hour = {"gpus": 8, "seconds": 3600.0, "starting": 360.0, "idle": 720.0}
    half = {"gpus": 4, "seconds": 3600.0, "starting": 0.0, "idle": 0.0}
    provenance.update_run(tmp_path, 0, {"server_time": hour, "judges": {"j": {"server_time": half}}})
    provenance.update_run(tmp_path, 1, {"server_time": {**hour, "gpus": None}})
    assert gpu_hours_used(tmp_path) == [
        "servers held 12 GPU hours: 7% until they were ready, and 13% with no request under way; 2 runs that did not "
        "end by themselves, or did not name their GPUs, are not counted."
    ]


def test_without_gpus_nothing_is_said_of_their_hours(tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {}, False)
    assert gpu_hours_used(tmp_path) == []


@pytest.mark.parametrize(("ending", "tokens"), [("done", 500), ("limit reached", 42744)])
def test_a_limit_that_was_kept_or_has_stopped_the_run_needs_no_note(tmp_path: Path, ending: str, tokens: int) -> None:
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {}, False)
    provenance.update_run(tmp_path, 0, {"ending": ending, "limits": {"tokens": 500}, "spent": {"tokens": tokens}})
    assert beyond_the_limit(tmp_path) == []


def test_a_run_that_ended_beyond_its_limits_says_so(tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {}, False)
    spent = {"tokens": 42744, "cost": 1.25}
    provenance.update_run(tmp_path, 0, {"ending": "done", "limits": {"tokens": 500, "cost": 0.5}, "spent": spent})
    why = "All that was left was in flight by then; a lower ++max_concurrent_requests keeps closer to it."
    assert beyond_the_limit(tmp_path) == [
        f"--max_tokens_total=500 is passed: this folder's runs have spent 42,744 tokens. {why}",
        f"--max_cost=0.5 is passed: this folder's runs have spent 1.25. {why}",
    ]
