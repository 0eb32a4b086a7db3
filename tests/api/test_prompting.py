"""Which prompt a plan asks and judges with: the user's, else the choice of the library, else the benchmark's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan, plan_notes
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.prompts import PromptOptions
from northstar.config.options.server import JudgeOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError

AUGUST, NOVEMBER = "nemo-skills@5e5a24f5", "nemo-skills@0b012df8"


def options(benchmarks: str, prompts: str | None = None, *overrides: str, **judge: Any) -> EvalOptions:
    return EvalOptions(
        benchmarks=benchmarks,
        output_dir="out",
        data_dir="/data",
        words=PromptOptions(prompts=prompts),
        overrides=overrides,
        judge=JudgeOptions(**judge),
    )


def asked(plan: Plan) -> dict[str, str | None]:
    assert plan.generate is not None
    return {part.name: part.settings.prompt_config for part in plan.generate.benchmarks}


def test_without_a_library_each_benchmark_has_its_own_prompt() -> None:
    assert asked(make_plan(options("gpqa,aime24"))) == {"gpqa": None, "aime24": None}


def test_a_library_chooses_the_prompt_of_each_benchmark() -> None:
    assert asked(make_plan(options("gpqa,aime24,smoke,bfcl_v3", "nemo-skills"))) == {
        "gpqa": f"{AUGUST}/eval/aai/mcq-4choices-boxed",
        "aime24": f"{AUGUST}/generic/math",
        "smoke": None,
        "bfcl_v3": None,
    }


def test_the_library_may_be_at_another_commit() -> None:
    plan = make_plan(options("gpqa.diamond-seed42", "nemo-skills@0b012df8"))
    assert asked(plan) == {"gpqa.diamond-seed42": f"{NOVEMBER}/eval/aai/mcq-4choices"}


@pytest.mark.parametrize("prompts", ["nemo-skills", None])
def test_a_short_name_is_the_librarys(prompts: str | None) -> None:
    plan = make_plan(options("math-500", prompts, "++prompt_config=generic/general-boxed"))
    assert asked(plan) == {"math-500": f"{AUGUST}/generic/general-boxed"}


def test_the_judges_prompt_is_the_librarys_too_and_kept_in_the_data_folder() -> None:
    (judge,) = make_plan(options("hle", "nemo-skills")).judges
    assert (judge.prompt, judge.prompts_dir) == (f"{AUGUST}/judge/hle", Path("/data"))


def test_the_official_judge_is_asked_beside_our_own_question() -> None:
    plan = make_plan(options("hle", "hle"))
    assert (asked(plan), plan.judges[0].prompt) == ({"hle": None}, "hle@7b6be5aad6f9b43af3857de7867f3b52f6e4acb3/judge")
    assert plan_notes(plan, options("hle", "hle")) == []


def test_a_judges_prompt_can_be_named_alone() -> None:
    plan = make_plan(options("hle", None, extra_judge_args="++prompt_config=nemo-skills@0b012df8/judge/hle"))
    assert (asked(plan), plan.judges[0].prompt) == ({"hle": None}, f"{NOVEMBER}/judge/hle")


def test_a_plan_without_a_library_is_stored_as_before() -> None:
    (judge,) = make_plan(options("hle")).judges
    assert "prompts_dir" not in judge.model_dump()


def test_a_benchmark_that_the_library_has_no_prompt_for_is_named() -> None:
    chosen = options("smoke,gpqa", "nemo-skills")
    assert plan_notes(make_plan(chosen), chosen) == [
        f"--prompts={AUGUST} has no prompt for smoke: asked as without it."
    ]


def test_an_unknown_library_is_refused_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="--prompts=nemo: there is no prompt library 'nemo'"):
        make_plan(options("gpqa", "nemo"))
