"""--benchmarks with groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.api.evaluation import make_plan, plan_notes
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.groups.expanding import expanded


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text("members: {aime24: {repeats: 4}, gpqa.main: {repeats: 2}, aime25: {}}\n")
    return str(path)


def test_a_group_stands_for_its_members_with_their_seeds(mine: str) -> None:
    assert expanded(f"{mine},math-500:2").text == "aime24:4,gpqa.main:2,aime25,math-500:2"


def test_seeds_after_a_group_are_for_all_of_its_members(mine: str) -> None:
    assert expanded(f"{mine}:8").text == "aime24:8,gpqa.main:8,aime25:8"
    assert expanded(f"{mine}:4..16").text == "aime24:4..16,gpqa.main:4..16,aime25:4..16"


def test_a_benchmark_that_is_asked_the_same_way_twice_is_asked_once(mine: str) -> None:
    assert expanded(f"aime24:4,{mine}").text == "aime24:4,gpqa.main:2,aime25"


def test_a_benchmark_that_is_asked_in_two_ways_is_refused(mine: str) -> None:
    with pytest.raises(
        UsageError, match="aime24:16 asks aime24:16, and mine aime24:4: a benchmark is asked in one way"
    ):
        expanded(f"aime24:16,{mine}")


def test_a_group_twice_is_refused(mine: str) -> None:
    with pytest.raises(UsageError, match="asks for the group 'mine' twice"):
        expanded(f"{mine},{mine}")


def test_a_mistyped_group_is_told_the_right_name() -> None:
    with pytest.raises(
        UsageError, match=r"unknown benchmark or group 'nemotron-tutoral'\. Did you mean nemotron-tutorial"
    ):
        expanded("nemotron-tutoral")


def test_names_without_groups_stay_as_they_are() -> None:
    assert expanded("aime24:4, gpqa").text == "aime24:4, gpqa"


def test_the_plan_knows_its_groups(tmp_path: Path, mine: str) -> None:
    plan = make_plan(EvalOptions(benchmarks=mine, output_dir=tmp_path))
    assert plan.benchmarks == ("aime24", "gpqa.main", "aime25")
    (group,) = Plan.model_validate_json(plan.model_dump_json()).groups
    assert [each.name for each in group.members] == ["aime24", "gpqa.main", "aime25"]


def test_a_plan_without_groups_is_stored_as_before(tmp_path: Path) -> None:
    assert "groups" not in make_plan(EvalOptions(benchmarks="aime24", output_dir=tmp_path)).model_dump()


def test_what_northstar_lacks_of_a_group_is_told_before_the_run(tmp_path: Path) -> None:
    options = EvalOptions(
        benchmarks="aa-index-3", output_dir=tmp_path, judge=JudgeOptions(server=ServerOptions(model="none"))
    )
    (note,) = [each for each in plan_notes(make_plan(options), options) if each.startswith("aa-index-3")]
    assert "terminal-bench-hard, tau2-bench-telecom, which Northstar doesn't have" in note
