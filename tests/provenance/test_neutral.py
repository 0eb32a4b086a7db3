"""Answers that were asked with neutral sampling are not mixed with others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.provenance.provenance import changed, check, register, settle_neutral
from northstar.results.run_json import read_run_json

NAME = "aime24.seeds"
BEFORE: dict[str, Any] = {"model": "m"}
NEUTRAL = BEFORE | {"inference.neutral": True}
UNTOLD = BEFORE | {"inference.neutral": "undecided"}


def stored(folder: Path, identity: dict[str, Any], name: str = NAME) -> None:
    (folder / "eval-logs").mkdir(exist_ok=True)
    register(folder, {name: identity}, {}, rerun=False)


def results(folder: Path, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = read_run_json(folder / "run.json")["results"][name]
    return found


def test_a_folder_of_an_earlier_version_is_refused_with_the_way_to_go_on(tmp_path: Path) -> None:
    stored(tmp_path, BEFORE)
    with pytest.raises(NorthstarError) as refused:
        check(tmp_path, {NAME: NEUTRAL})
    assert str(refused.value) == (
        f"{tmp_path} holds results of aime24 that were made differently:\n"
        "  inference.neutral: not set there, true now\n"
        "To go on asking as there, add ++inference.neutral=False. Choose another --output_dir, or --rerun_done to set "
        "those results aside and ask again."
    )


def test_a_judges_folder_names_the_judges_option(tmp_path: Path) -> None:
    name = f"{NAME} judged by j"
    stored(tmp_path, BEFORE, name)
    with pytest.raises(NorthstarError, match=r"add --extra_judge_args='\+\+inference\.neutral=False' \(in ns judge: "):
        check(tmp_path, {name: NEUTRAL})


def test_without_neutral_sampling_it_goes_on(tmp_path: Path) -> None:
    stored(tmp_path, BEFORE)
    check(tmp_path, {NAME: BEFORE})


@pytest.mark.parametrize(("neutral", "expected"), [(True, NEUTRAL), (False, BEFORE)])
def test_what_the_server_tells_is_stored(tmp_path: Path, neutral: bool, expected: dict[str, Any]) -> None:
    stored(tmp_path, UNTOLD)
    settle_neutral(tmp_path, [NAME], neutral)
    assert results(tmp_path) == expected


@pytest.mark.parametrize(("there", "neutral"), [(BEFORE, True), (NEUTRAL, False)])
def test_a_server_of_another_kind_is_refused_once_it_is_known(
    tmp_path: Path, there: dict[str, Any], neutral: bool
) -> None:
    stored(tmp_path, there)
    check(tmp_path, {NAME: UNTOLD})
    stored(tmp_path, UNTOLD)
    assert results(tmp_path) == there
    with pytest.raises(NorthstarError, match=r"inference\.neutral: "):
        settle_neutral(tmp_path, [NAME], neutral)
    assert results(tmp_path) == there


def test_a_server_whose_kind_an_earlier_run_stored_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    at_vllm = {"said.owned_by": "vllm"}
    stored(tmp_path, BEFORE | at_vllm)
    with pytest.raises(NorthstarError, match=r"inference\.neutral: not set there, true now"):
        check(tmp_path, {NAME: UNTOLD})
    assert changed(tmp_path, {NAME: UNTOLD}) == {NAME}  # so that --rerun_done replaces all of them


@pytest.mark.parametrize("there", [NEUTRAL | {"said.owned_by": "vllm"}, BEFORE | {"said.owned_by": "someone"}])
def test_one_that_asks_as_it_was_asked_goes_on(tmp_path: Path, there: dict[str, Any]) -> None:
    stored(tmp_path, there)
    check(tmp_path, {NAME: UNTOLD})
