"""A run.json given back as a recipe: the same plan again, or a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan, plan_evaluation
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.prompts import PromptOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError

AT = ServerOptions(model="qwen3-8b", address="http://localhost:8000/v1")
SETTINGS = ("++inference.temperature=0.6", "++inference.tokens_to_generate=65536", "++system_message=none")


def options(folder: Path, **given: Any) -> EvalOptions:
    return EvalOptions(**{"output_dir": folder / "old", "data_dir": folder / "data", "server": AT, **given})


def run_json(folder: Path, *plans: Plan) -> Path:
    """A run.json of runs with these plans."""
    runs = [{"plan": json.loads(plan.model_dump_json())} for plan in plans]
    path = folder / "run.json"
    path.write_text(json.dumps({"run_json": 1, "runs": runs}))
    return path


def again(folder: Path, recipe: str | Path, **given: Any) -> Plan:
    """The plan of a command that names the recipe, apart from that it names it."""
    asked = {"output_dir": folder / "old", "data_dir": folder / "data", "recipe": str(recipe), **given}
    plan, _ = plan_evaluation(EvalOptions(**asked))
    return plan.model_copy(update={"follows": None})


@pytest.mark.parametrize(
    "given",
    [
        {"benchmarks": "smoke"},
        {"benchmarks": "gpqa:16,aime24:16,smoke", "overrides": SETTINGS},
        {"benchmarks": "aime24:3", "overrides": ["++inference.temperature=null", "++inference.top_p=0.95"]},
        {"benchmarks": "math-500:4", "starting_seed": 8, "overrides": ["++max_samples=5", "++max_retries=2"]},
        {"benchmarks": "aime24:4..64,gpqa:2", "precision": 0.8},
        {"benchmarks": "livecodebench:16,gpqa:2", "split": "test_v5_2410_2502"},
        {"benchmarks": "livecodebench.test_v5_2410_2502:16,scicode.test_aai:1"},
        {"benchmarks": "aime24,gpqa:1,bfcl_v3", "words": PromptOptions(prompts="nemo-skills@5e5a24f5")},
        {"benchmarks": "bfcl_v3,gpqa:1", "overrides": ["++use_client_parsing=False"]},
        {"benchmarks": "bfcl_v3,smoke", "overrides": ["++tool_parser=hermes"]},
        {"benchmarks": "hle:2,aime24:2"},
        {"benchmarks": "hle:2", "judge": JudgeOptions(server=ServerOptions(model="none"))},
        {
            "benchmarks": "hle:2",
            "judge": JudgeOptions(
                server=ServerOptions(model="j", address="http://localhost:9/v1"),
                extra_judge_args="++inference.tokens_to_generate=4096 ++max_concurrent_requests=8",
            ),
        },
        {"benchmarks": "aime24:2", "server": ServerOptions(model="m", type="vllm", gpus=8, args="--max-model-len 9")},
    ],
)
def test_the_run_is_planned_again_as_it_was(tmp_path: Path, given: dict[str, Any]) -> None:
    plan = make_plan(options(tmp_path, **given))
    assert json.loads(again(tmp_path, run_json(tmp_path, plan)).model_dump_json()) == json.loads(plan.model_dump_json())


def test_several_runs_of_one_model_are_one_command(tmp_path: Path) -> None:
    """As the jobs of a cluster do, or somebody who adds benchmarks and seeds."""
    first = make_plan(options(tmp_path, benchmarks="aime24:2", overrides=SETTINGS))
    more = make_plan(options(tmp_path, benchmarks="aime24:2", overrides=SETTINGS, starting_seed=2))
    other = make_plan(options(tmp_path, benchmarks="gpqa:1", overrides=["++inference.temperature=1.0"]))
    plan = again(tmp_path, run_json(tmp_path, first, more, other))
    assert plan.generate is not None
    asked = {part.name: (part.seeds, part.settings.inference.temperature) for part in plan.generate.benchmarks}
    assert asked == {"aime24": ((0, 1, 2, 3), 0.6), "gpqa": ((0,), 1.0)}


def test_departures_are_those_of_any_recipe(tmp_path: Path) -> None:
    path = run_json(tmp_path, make_plan(options(tmp_path, benchmarks="aime24:2,gpqa:2", overrides=SETTINGS)))
    given = {"benchmarks": "aime24:4", "overrides": ["++inference.temperature=0.7"]}
    _, followed = plan_evaluation(EvalOptions(output_dir=tmp_path / "new", recipe=str(path), **given))  # type: ignore[arg-type]
    assert followed is not None
    assert followed.departures == (
        "++inference.temperature=0.7, where the recipe has 0.6.",
        "--benchmarks: aime24:4, where the recipe has aime24:2.",
        "--benchmarks: without gpqa.",
    )


def test_runs_of_different_servers_are_named_by_their_number(tmp_path: Path) -> None:
    here = make_plan(options(tmp_path, benchmarks="aime24:2"))
    there = make_plan(options(tmp_path, benchmarks="gpqa:2", server=ServerOptions(model="n", address=AT.address)))
    path = run_json(tmp_path, here, there)
    with pytest.raises(UsageError, match=r"run 1 and run 2 were asked of different servers or models, so that"):
        again(tmp_path, path)
    assert again(tmp_path, f"{path}:2") == there
    with pytest.raises(UsageError, match=r"has no run '3' that asked a model; it has 1, 2\."):
        again(tmp_path, f"{path}:3")


def test_a_judge_of_a_job_of_its_own_judges_again(tmp_path: Path) -> None:
    """As on a cluster, where a judge whose server is started has jobs after those of the model."""
    judge = JudgeOptions(server=ServerOptions(model="j", type="vllm", gpus=2))
    plan = make_plan(options(tmp_path, benchmarks="hle:2", judge=judge))
    asking, judging = plan.model_copy(update={"judges": ()}), plan.model_copy(update={"generate": None})
    assert again(tmp_path, run_json(tmp_path, asking, judging)).judges == plan.judges


def test_an_address_with_a_hidden_key_is_to_be_given(tmp_path: Path) -> None:
    hidden = ServerOptions(model="m", address="http://host/***/v1")
    path = run_json(tmp_path, make_plan(options(tmp_path, benchmarks="smoke", server=hidden)))
    with pytest.raises(UsageError, match=r"run.json hides the key in its server's address, .*: add --server_address\."):
        again(tmp_path, path)
    assert again(tmp_path, path, server=AT).generate is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", r"cannot read .*run.json: .* Restore it, or name the recipe or the settings that it was made with\."),
        ('{"run_json": 0}', r"run.json was not written by this version of Northstar; name the recipe or the settings"),
        (
            '{"run_json": 1, "runs": [{"plan": {"regrade": {}}}, {}]}',
            r"has no run that asked a model: there is nothing to",
        ),
        ('{"run_json": 1}', r"run.json has no run that asked a model: there is nothing to run again\."),
        (
            '{"run_json": 1, "runs": [{"plan": {"generate": {"words": 1}}}]}',
            r"another version of Northstar wrote its run 1, whose plan this one can't read ",
        ),
    ],
)
def test_a_file_that_cannot_be_a_recipe_is_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=said):
        again(tmp_path, path)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*run.json\."):
        again(tmp_path, tmp_path / "run.json")
