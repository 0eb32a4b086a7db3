"""Job scripts, whole: compared with files that a person has read. NORTHSTAR_UPDATE=1 writes them anew."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from northstar.config.cluster import Cluster
from northstar.config.mounts import Mount
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import BenchmarkPlan, GenerateStage, JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError
from northstar.executors.placement import Placement, place
from northstar.executors.slurm.slurm_job import (
    check_gpus,
    dependency,
    limit_seconds,
    sbatch_options,
    script_of,
    signal_seconds,
)
from northstar.jobs.arrangement import Arranged, arrange
from northstar.results.layout import Shard

SCRIPTS = Path(__file__).parent / "scripts"
FOLDER = Path("/lustre/me/out/eval-logs/jobs/001/aime24")
BARE = Cluster(
    name="lab", executor="slurm", partition="gpu", cpu_partition="cpu", interpreters={"northstar": "/opt/ns/python"}
)
CONTAINERS = {"northstar": "/images/northstar.sqsh", "vllm": "/images/vllm.sqsh", "trtllm": "/images/trtllm.sqsh"}
WHOLE = Cluster(
    name="lab",
    executor="slurm",
    mounts=(Mount("/lustre/me", "/workspace"),),
    containers=CONTAINERS,
    job_name_prefix="me-",
    account="lab",
    partition="gpu",
    cpu_partition="cpu",
    timeouts={"gpu": "04:00:00"},
    gpus_per_node=8,
)


def arranged(**server: Any) -> Arranged:
    plan = Plan(
        output_dir=Path("/lustre/me/out"),
        generate=GenerateStage(
            server=ServerPlan(**{"type": "vllm", "model": "/lustre/me/model", "gpus": 8, **server}),
            benchmarks=(BenchmarkPlan(name="aime24", split="test", seeds=(0, 1), settings=EvalSettings()),),
            data_dir=Path("/home/me/data"),
        ),
    )
    shards = [Shard("aime24", seed, range(30)) for seed in (0, 1)]
    return arrange(plan, shards, {}, JobOptions(), {})[0]


def at(cluster: Cluster, job: Arranged) -> Placement:
    assert job.job.plan is not None
    return place(cluster, FOLDER, Path("/lustre/me/code/northstar-1"), job.job.plan)


def placed(cluster: Cluster, job: Arranged) -> tuple[Plan, GenerateStage]:
    """What the job's worker is told."""
    plan = at(cluster, job).placed(job.job, job.server).plan
    assert plan is not None
    assert plan.generate is not None
    return plan, plan.generate


def script(cluster: Cluster, options: JobOptions | None = None, depends: str = "", **server: Any) -> str:
    job, environment = arranged(**server), ("HF_TOKEN", "HF_HOME") if cluster is WHOLE else ()
    said = sbatch_options(job, cluster, FOLDER, options or JobOptions(), expname="out", depends=depends)
    with patch.object(sys, "executable", "/opt/ns/python"):  # lines are cut by their length
        return script_of(job, at(cluster, job), said, environment).text()


CASES = {
    "bare": script(BARE),
    "no-server": script(BARE, type="openai", address="http://h:1/v1", gpus=None),
    "cpu": script(BARE, gpus=0),
    "pyxis": script(WHOLE),
    "apptainer": script(WHOLE.model_copy(update={"container_runtime": "apptainer"})),
    "two-nodes": script(WHOLE, nodes=2),
    "two-nodes-mpi": script(WHOLE, type="trtllm", nodes=2),
    "options": script(
        WHOLE,
        JobOptions(
            partition="big",
            qos="high",
            time_min="01:00:00",
            exclusive=True,
            sbatch_kwargs={"mem": "0", "no-kill": True, "account": "other"},
            log_dir=Path("/lustre/me/100%logs"),
        ),
        depends="afterok:7:8,afterany:9",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_scripts(name: str) -> None:
    file = SCRIPTS / f"{name}.sh"
    if os.environ.get("NORTHSTAR_UPDATE"):
        file.write_text(CASES[name])
    assert CASES[name] == file.read_text()


@pytest.mark.parametrize("name", CASES)
def test_a_shell_understands_them(name: str) -> None:
    assert subprocess.run(["bash", "-n", str(SCRIPTS / f"{name}.sh")], capture_output=True).stderr == b""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 1800),
        ("30:15", 1815),
        ("4:00:00", 14400),
        ("1-12", 129600),
        ("1-12:30", 131400),
        ("1-00:00:01", 86401),
    ],
)
def test_time_limits_as_sbatch_reads_them(text: str, seconds: int) -> None:
    assert limit_seconds(text) == seconds


def test_the_warning_comes_early_enough_but_leaves_time_to_work() -> None:
    assert [signal_seconds(limit) for limit in (None, "04:00:00", "10", "1")] == [300, 300, 120, 30]


def directives(text: str) -> list[str]:
    return [line.removeprefix("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH")]


def test_a_time_limit_by_sbatch_kwargs_is_the_one_that_the_warning_goes_by() -> None:
    """A warning that is due before the job begins comes at once: the job would stop before it has done anything."""
    assert "signal=B:USR1@60" in directives(script(WHOLE, JobOptions(sbatch_kwargs={"time": "00:05:00"})))
    assert "signal=B:USR1@300" in directives(script(WHOLE, JobOptions(sbatch_kwargs={"time": "UNLIMITED"})))
    other = WHOLE.model_copy(update={"timeouts": {"gpu": "04:00:00", "debug": "5"}})
    assert {"time=5", "signal=B:USR1@60"} <= {
        *directives(script(other, JobOptions(sbatch_kwargs={"partition": "debug"})))
    }


def test_values_with_blanks_are_quoted_as_sbatch_reads_them() -> None:
    said = directives(script(WHOLE, JobOptions(log_dir=Path('/l/my "logs" #1'), sbatch_kwargs={"reservation": "a b"})))
    assert 'output="/l/my \\"logs\\" #1/out-aime24-%j.log"' in said
    assert 'reservation="a b"' in said


@pytest.mark.parametrize("name", ["a\ntouch /tmp/x", "a\\b"])
def test_what_a_script_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="remove backslashes and line breaks"):
        script(WHOLE, JobOptions(log_dir=Path("/logs") / name))


def test_a_comment_of_the_script_never_becomes_a_command() -> None:
    text = script_of(
        replace(arranged(), about=("aime24\ntouch /tmp/x",)), at(WHOLE, arranged()), options=(), environment=()
    ).text()
    assert "# aime24\ufffdtouch /tmp/x\n" in text


WAIT = """
sleep() { :; }
scontrol() { tries=$((tries + 1)); [ $tries -gt ${AWAY:-0} ] && echo "queued again"; }
squeue() { echo "$STATE"; }
srun() { exec bash -c "exit $ENDS"; }
"""

AGAIN = "queued again\nAll that was done is kept. The job is queued again and will go on where it was.\n"


@pytest.mark.parametrize(
    ("ends", "state", "again"),
    [
        ("75", "RUNNING", True),  # preempted, with time to end
        ("130", "RUNNING", True),
        ("75", "COMPLETING", False),  # cancelled, or Slurm queues it again itself
        ("1", "RUNNING", False),
        ("0", "RUNNING", False),
    ],
)
def test_a_job_that_makes_way_for_another_is_queued_again(ends: str, state: str, again: bool) -> None:
    text = WAIT + script(BARE, type="openai", address="http://h:1/v1", gpus=None)
    environment = {**os.environ, "ENDS": ends, "STATE": state, "SLURM_JOB_ID": "7"}
    done = subprocess.run(["bash"], input=text, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (int(ends), AGAIN if again else "")


def test_the_controller_may_be_away_for_a_moment() -> None:
    text = WAIT + script(BARE, type="openai", address="http://h:1/v1", gpus=None)
    environment = {**os.environ, "ENDS": "75", "STATE": "RUNNING", "SLURM_JOB_ID": "7", "AWAY": "2"}
    done = subprocess.run(["bash"], input=text, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (75, AGAIN)


TOLD = """
wait() { [ "$sent" ] || { sent=yes; builtin kill -USR1 $$; }; builtin wait "$@"; }
kill() { [ "$1" != -0 ] || builtin kill "$@"; }
"""


@pytest.mark.parametrize(
    ("ends", "said"),
    [("75", AGAIN), ("130", "Nothing got done before the time limit; the job needs a longer one.\n"), ("0", "")],
)
def test_a_job_that_is_told_of_its_time_limit_says_what_becomes_of_it(ends: str, said: str) -> None:
    text = WAIT + TOLD + script(BARE, type="openai", address="http://h:1/v1", gpus=None)
    environment = {**os.environ, "ENDS": ends, "SLURM_JOB_ID": "7"}
    done = subprocess.run(["bash"], input=text, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (int(ends), said)


def test_dependencies() -> None:
    assert dependency([], [], any_ending=False) == ""
    assert dependency(["1"], ["2", "3"], any_ending=False) == "afterok:1,afterok:2:3"
    assert dependency([], ["2"], any_ending=True) == "afterany:2"


VLLM = ServerPlan(type="vllm", model="m")


@pytest.mark.parametrize(
    ("server", "cluster", "said"),
    [
        ({"gpus": 16}, WHOLE, r"--server_gpus=16, but a node of cluster lab has 8.*--server_nodes"),
        ({}, BARE, r"^--server_gpus is missing: .* how many vllm takes on each node; --server_gpus=0 is the CPU\."),
        ({"role": "judge"}, WHOLE, r"^--judge_server_gpus is missing"),
    ],
)
def test_gpus_that_a_job_would_not_get_are_said_before_it_is_submitted(
    server: dict[str, Any], cluster: Cluster, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_gpus(VLLM.model_copy(update=server), cluster, JobOptions())


def test_gpus_may_be_asked_for_in_slurms_own_words_and_are_nothing_to_a_server_that_runs_already() -> None:
    check_gpus(VLLM, BARE, JobOptions(sbatch_kwargs={"gres": "gpu:8"}))
    check_gpus(VLLM.model_copy(update={"gpus": 0}), BARE, JobOptions())
    check_gpus(VLLM.model_copy(update={"address": "http://h:1/v1"}), BARE, JobOptions())


def test_cores_are_asked_for_where_there_is_work() -> None:
    cluster = BARE.model_copy(update={"cpus_per_task": 16})
    assert "cpus-per-task=16" in directives(script(cluster))
    assert "cpus-per-task=4" in directives(script(cluster, JobOptions(sbatch_kwargs={"cpus-per-task": "4"})))
    summary = replace(arranged(), shards=())
    assert "cpus-per-task" not in dict(sbatch_options(summary, cluster, FOLDER, JobOptions(), expname="o", depends=""))


def test_the_worker_in_a_container_is_told_its_own_paths() -> None:
    job = arranged(args="--x /lustre/me/x")
    plan, stage = placed(WHOLE, job)
    assert plan.output_dir == Path("/workspace/out")
    assert stage.data_dir == Path("/home/me/data")  # mounted under its own name
    assert (stage.server.model, stage.server.args) == ("/workspace/model", "--x /workspace/x")
    assert stage.server.step is not None
    assert stage.server.step.folder == Path("/workspace/out/eval-logs/jobs/001/aime24/server")
    assert stage.server.step.contained
    assert plan.job == "jobs/001/aime24"


def test_a_server_in_a_container_beside_a_worker_without_one_sees_its_own_paths() -> None:
    job = arranged()
    cluster = WHOLE.model_copy(update={"containers": {"vllm": "/images/vllm.sqsh"}})
    plan, stage = placed(cluster, job)
    assert (plan.output_dir, stage.server.model) == (Path("/lustre/me/out"), "/workspace/model")
    assert stage.server.step is not None
    assert stage.server.step.folder == FOLDER / "server"
    assert stage.server.step.logs == Path("/workspace/out/eval-logs/jobs/001/aime24")


def test_programs_under_a_mount_are_called_as_in_the_container_and_others_as_they_are() -> None:
    job = arranged(python="/lustre/me/env/bin/python", entrypoint="/lustre/me/start.py --x /usr/share/y")
    server = placed(WHOLE, job)[1].server
    assert (server.python, server.entrypoint) == (
        "/workspace/env/bin/python",
        "/workspace/start.py --x /usr/share/y",
    )
    assert job.server is not None
    assert at(WHOLE, job).step_command(job.server)[0] == "/workspace/env/bin/python"
    assert at(BARE, job).step_command(job.server)[0] == sys.executable
    inside = arranged(python="/opt/image/python")
    assert inside.server is not None
    assert at(WHOLE, inside).step_command(inside.server)[0] == "/opt/image/python"


def test_what_a_judge_reads_is_mounted_too() -> None:
    judge = JudgeStage(
        server=ServerPlan(type="openai", model="m", address="http://h:1/v1", role="judge"),
        prompt="/home/me/prompts/judge.yaml",
        settings=EvalSettings(),
        benchmarks=(JudgedBenchmark(name="hle", seeds=(0,)),),
    )
    plan = Plan(output_dir=Path("/lustre/me/out"), judges=(judge,))
    assert Mount("/home/me/prompts", "/home/me/prompts") in place(WHOLE, FOLDER, Path("/lustre/me/code"), plan).mounts
