"""Results that an older version of a grader graded can be gone on with, and stay known as its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.provenance.provenance import check, register
from northstar.results.run_json import read_run_json

NAME = "math-500.seeds"
TODAY: dict[str, Any] = {"model": "m", "grader.name": "math_answer", "grader.version": 2}
OLDER = TODAY | {"grader.version": 1}
UNKNOWN = {key: value for key, value in TODAY.items() if key != "grader.version"}


def stored(folder: Path, identity: dict[str, Any], name: str = NAME) -> dict[str, Any]:
    """Register results and return them as run.json has them."""
    (folder / "eval-logs").mkdir(exist_ok=True)
    register(folder, {name: identity}, {}, rerun=False)
    found: dict[str, Any] = read_run_json(folder / "run.json")["results"][name]
    return found


@pytest.mark.parametrize("before", [OLDER, UNKNOWN])
def test_another_version_of_the_grader_refuses_no_run_and_stays_named(tmp_path: Path, before: dict[str, Any]) -> None:
    stored(tmp_path, before)
    check(tmp_path, {NAME: TODAY})
    assert stored(tmp_path, TODAY) == before


def test_another_setting_of_the_grader_is_refused_with_the_regrading(tmp_path: Path) -> None:
    stored(tmp_path, OLDER)
    with pytest.raises(NorthstarError, match="Only the grader differs: ns regrade"):
        check(tmp_path, {NAME: TODAY | {"grader.extract_regex": "x"}})


def test_a_setting_of_the_grader_beside_neutral_sampling_says_how_to_keep_the_sampling(tmp_path: Path) -> None:
    stored(tmp_path, OLDER)
    with pytest.raises(NorthstarError, match=r"To go on asking as there, add \+\+inference\.neutral=False"):
        check(tmp_path, {NAME: TODAY | {"grader.extract_regex": "x", "inference.neutral": True}})


def test_a_regrading_is_of_one_version(tmp_path: Path) -> None:
    name = f"{NAME} regraded as new"
    stored(tmp_path, OLDER, name)
    with pytest.raises(NorthstarError, match=r"grader\.version: 1 there, 2 now"):
        check(tmp_path, {name: TODAY})


def test_results_that_are_set_aside_are_of_todays_version(tmp_path: Path) -> None:
    stored(tmp_path, OLDER)
    register(tmp_path, {NAME: TODAY}, {}, rerun=True)
    assert read_run_json(tmp_path / "run.json")["results"][NAME]["grader.version"] == 2
