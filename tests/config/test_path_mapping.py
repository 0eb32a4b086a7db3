"""Every path of a command, and of a plan, is moved; what is no path isn't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.config.mounts import Mount, PathMap, to_host, to_inside
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.judging import JudgingOptions
from northstar.config.options.option import option_values, read_options
from northstar.config.path_mapping import mapped_options, mapped_plan, mapped_server, named_as_written
from northstar.config.plan import BenchmarkPlan, GenerateStage, JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError

MOUNTS = (Mount("/host/me", "/workspace"),)
HOST = to_host(MOUNTS, "lab")


def moved(**options: Any) -> dict[str, Any]:
    """The options as the host has them: those that are given."""
    asked = read_options(EvalOptions, {"benchmarks": "smoke", "output_dir": "out"} | options)
    values = option_values(mapped_options(asked, HOST))
    return {name: values[name] for name in options}


def test_every_path_among_the_options_is_the_hosts() -> None:
    assert moved(
        output_dir=Path("/workspace/out"),
        model="/workspace/m",
        server_args="--plugin '/workspace/p.py'",
        data_dir=Path("/workspace/data"),
        extra_benchmarks=[Path("/workspace/b.py"), Path("mine.py")],
        overrides=["++prompt_config=/workspace/p.yaml", "++system_message=/not a path"],
        extra_judge_args="++prompt_config=/workspace/j.yaml",
        judge_model="/workspace/j",
        server_python="/usr/bin/python3",
        judge_server_python="/workspace/venv/bin/python",
        split="test",
    ) == {
        "output_dir": "/host/me/out",
        "model": "/host/me/m",
        "server_args": "--plugin /host/me/p.py",
        "data_dir": "/host/me/data",
        "extra_benchmarks": ["/host/me/b.py", "mine.py"],
        "overrides": {"prompt_config": "/host/me/p.yaml", "system_message": "/not a path"},
        "extra_judge_args": {"prompt_config": "/host/me/j.yaml"},
        "judge_model": "/host/me/j",
        "server_python": "/usr/bin/python3",
        "judge_server_python": "/host/me/venv/bin/python",
        "split": "test",
    }


@pytest.mark.parametrize("name", ["model", "judge_model", "server_args", "data_dir"])
def test_a_path_under_no_mount_names_its_option(name: str) -> None:
    with pytest.raises(UsageError, match=f"--{name}.*/elsewhere lies under no mount"):
        moved(**{name: "/elsewhere"})


def test_a_folder_that_is_no_named_option_is_called_as_the_help_does() -> None:
    with pytest.raises(UsageError, match=r"^OUTPUT_DIR=/elsewhere lies under no mount"):
        mapped_options(JudgingOptions(output_dir="/elsewhere"), HOST)


@pytest.mark.parametrize("whose", ["", "judge_"])
def test_a_model_at_an_address_is_a_name(whose: str) -> None:
    options = {f"{whose}model": "/models/m", f"{whose}server_address": "http://h:1/v1"}
    assert moved(**options) == options


def test_options_of_jobs_move_where_a_cluster_takes_jobs() -> None:
    assert moved(log_dir="/elsewhere") == {"log_dir": "/elsewhere"}
    assert mapped_options(JobOptions(log_dir="/workspace/logs"), HOST) == JobOptions(log_dir="/host/me/logs")


def judge(server: ServerPlan) -> JudgeStage:
    part = JudgedBenchmark(name="b", seeds=(0,))
    return JudgeStage(server=server, prompt="judge", settings=EvalSettings(), benchmarks=(part,))


def test_a_plan_for_a_worker_in_a_container() -> None:
    plan = Plan(
        output_dir=Path("/host/me/out"),
        generate=GenerateStage(
            server=ServerPlan(type="vllm", model="/host/me/m", args="--x /host/me/x"),
            benchmarks=(
                BenchmarkPlan(name="b", split="s", seeds=(0,), settings=EvalSettings(prompt_config="/host/me/p.yaml")),
            ),
            data_dir=Path("/host/me/data"),
        ),
        judges=(
            judge(ServerPlan(type="vllm", model="/host/me/j")).model_copy(
                update={"prompts_dir": Path("/host/me/data")}
            ),
        ),
        extra_benchmarks=(Path("/host/me/b.py"),),
    )
    inside = to_inside(MOUNTS)
    moved = mapped_plan(plan, inside, inside)
    assert "/host" not in moved.model_dump_json()
    assert mapped_plan(moved, HOST, HOST) == plan


BARE = PathMap(())
INSIDE = to_inside(MOUNTS)


@pytest.mark.parametrize(
    ("worker", "server", "called", "seen"),
    [
        (BARE, INSIDE, "/workspace/m", "/host/me/m"),
        (INSIDE, BARE, "/host/me/m", "/workspace/m"),
        (INSIDE, INSIDE, "/workspace/m", "/workspace/m"),
        (BARE, BARE, "/host/me/m", "/host/me/m"),
    ],
)
def test_the_worker_finds_what_the_server_calls_otherwise(
    worker: PathMap, server: PathMap, called: str, seen: str
) -> None:
    moved = mapped_server(ServerPlan(type="vllm", model="/host/me/m"), worker, server)
    assert (moved.model, moved.seen(called)) == (called, seen)


def test_a_model_keeps_the_name_that_the_command_gave_it() -> None:
    server = ServerPlan(type="vllm", model="/host/me/m")
    assert named_as_written(server, "/workspace/m").named == "/workspace/m"
    assert named_as_written(server, "/host/me/m").named is None
    judging = ServerPlan(type="vllm", model="/host/me/j", role="judge")
    named = named_as_written(judging, "/workspace/j")
    assert judge(named).name == "/workspace/j"
