"""`ns eval --recipe`: what a recipe fills in, and where a command departs from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan, plan_evaluation
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.recipes.following import Followed, follow
from tests.recipes.written_recipes import AIME, write_recipe

SUPER = "llama-nemotron-super-49b-v1.5"
NANO = "nemotron-nano-9b-v2"


def options(folder: Path, **given: Any) -> EvalOptions:
    return EvalOptions(output_dir=folder / "out", data_dir=folder / "data", **given)


def followed(recipe: str | Path, folder: Path, **given: Any) -> Followed:
    return follow(options(folder, **given), str(recipe))


def planned(recipe: str | Path, folder: Path, **given: Any) -> Plan:
    plan, _ = plan_evaluation(options(folder, recipe=str(recipe), **given))
    return plan


def test_the_tutorials_recipe_plans_what_its_commands_say(tmp_path: Path) -> None:
    plan = planned(f"{SUPER}:reasoning-on", tmp_path)
    assert plan.generate is not None
    parts = {part.name: part for part in plan.generate.benchmarks}
    assert {name: len(part.seeds) for name, part in parts.items() if part.seeds != (None,)} == {
        **dict.fromkeys(["gpqa", "mmlu-pro", "hle", "scicode", "math-500", "aime24", "aime25"], 16),
        "livecodebench.test_v5_2410_2502": 16,
    }
    assert parts["bfcl_v3"].seeds == (None,)
    assert not parts["bfcl_v3"].settings.use_client_parsing
    for part in parts.values():
        inference = part.settings.inference
        assert (inference.temperature, inference.top_p, inference.tokens_to_generate) == (0.6, 0.95, 65536)
        assert part.settings.system_message == "none"
    server = plan.generate.server
    assert (server.type, server.gpus, server.model) == ("vllm", 8, "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5")
    assert "--tool-call-parser llama_nemotron_json --enable-auto-tool-choice" in server.args
    (judge,) = plan.judges
    assert (judge.name, [part.name for part in judge.benchmarks]) == ("o3-mini-20250131", ["hle"])
    assert (judge.settings.inference.tokens_to_generate, judge.run.max_concurrent_requests) == (4096, 8)


def test_each_benchmark_has_the_recipes_own_prompt_else_the_librarys(tmp_path: Path) -> None:
    plan = planned(f"{NANO}:reasoning-on", tmp_path)
    assert plan.generate is not None
    prompts = {part.name: part.settings.prompt_config for part in plan.generate.benchmarks}
    assert prompts["gpqa"] == "nemo-skills@5e5a24f5/generic/general-boxed"
    assert prompts["mmlu-pro"] == "nemo-skills@5e5a24f5/eval/aai/mcq-10choices-boxed"
    assert prompts["aime24"] == "nemo-skills@5e5a24f5/generic/math"
    assert prompts["bfcl_v3"] is None


def test_a_command_that_only_names_the_recipe_departs_from_nothing(tmp_path: Path) -> None:
    for name in (f"{SUPER}:reasoning-on", f"{SUPER}:reasoning-off", f"{NANO}:reasoning-on"):
        assert followed(name, tmp_path).departures == ()


def test_the_command_wins_and_each_departure_is_a_sentence(tmp_path: Path) -> None:
    given = ["++inference.temperature=0.7", "++max_samples=5", "++max_concurrent_requests=64"]
    found = followed(
        f"{SUPER}:reasoning-on",
        tmp_path,
        benchmarks="gpqa:2,aime24:16,smoke",
        overrides=given,
        server=ServerOptions(model="mine", address="http://localhost:1/v1"),
    )
    assert found.departures == (
        "++inference.temperature=0.7, where the recipe has 0.6.",
        "++max_samples=5, where the recipe does not set it.",
        "--benchmarks: gpqa:2, where the recipe has gpqa:16.",
        "--benchmarks: smoke is not of the recipe.",
        "--benchmarks: without mmlu-pro, hle, livecodebench.test_v5_2410_2502, scicode, math-500, aime25, bfcl_v3.",
        "--model=mine, where the recipe has nvidia/Llama-3_3-Nemotron-Super-49B-v1_5.",
    )
    plan = planned(
        f"{SUPER}:reasoning-on",
        tmp_path,
        benchmarks="gpqa:2,aime24:16,smoke",
        overrides=given,
        server=ServerOptions(model="mine", address="http://localhost:1/v1"),
    )
    assert plan.generate is not None
    assert [part.settings.inference.temperature for part in plan.generate.benchmarks] == [0.7] * 3
    assert (plan.generate.server.type, plan.generate.server.args) == ("openai", "")
    assert plan.follows is not None
    assert plan.follows.departures == found.departures


def test_a_server_type_that_the_recipe_leaves_open_is_the_commands_and_no_departure(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, AIME.replace("    settings:", "    server: {args: -c 4096}\n    settings:"))
    open_, given = (followed(recipe, tmp_path, server=ServerOptions(type=type_)) for type_ in (None, "llamacpp"))
    assert (open_.options.server.type, given.options.server.type) == (None, "llamacpp")
    assert (given.options.server.args, given.departures) == ("-c 4096", ())


def test_a_prompt_of_the_command_wins_over_those_of_the_benchmarks(tmp_path: Path) -> None:
    plan = planned(f"{NANO}:reasoning-on", tmp_path, benchmarks="gpqa:8", overrides=["++prompt_config=bare"])
    assert plan.generate is not None
    assert plan.generate.benchmarks[0].settings.prompt_config == "bare"


def test_a_plan_without_a_recipe_is_stored_as_before(tmp_path: Path) -> None:
    plan = make_plan(EvalOptions(benchmarks="aime24", output_dir=tmp_path))
    assert "follows" not in json.loads(plan.model_dump_json())


def test_benchmarks_none_of_which_is_of_the_recipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--benchmarks: smoke: none is of .*mine.yaml:hot, which has aime24\."):
        followed(write_recipe(tmp_path, AIME), tmp_path, benchmarks="smoke:4")


def test_what_is_wrong_in_the_command_is_still_said(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, AIME)
    with pytest.raises(UsageError, match="temprature"):
        planned(recipe, tmp_path, overrides=["++inference.temprature=1"])
