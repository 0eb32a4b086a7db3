"""What squeue and sacct say, in the words of several versions, becomes a state."""

from __future__ import annotations

import pytest

from northstar.executors.slurm.slurm import (
    Slurm,
    accounted,
    comment,
    experiments,
    queued,
    state_of,
    submission_environment,
)
from northstar.jobs.watched import JobState


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("PENDING", "pending"),
        ("CONFIGURING", "pending"),
        ("RUNNING", "running"),
        ("COMPLETING", "running"),
        ("SUSPENDED", "running"),
        ("COMPLETED", "done"),
        ("FAILED", "failed"),
        ("TIMEOUT", "failed"),
        ("NODE_FAIL", "failed"),
        ("OUT_OF_MEMORY", "failed"),
        ("DEADLINE", "failed"),
        ("CANCELLED", "cancelled"),
        ("CANCELLED by 1000", "cancelled"),
        ("CANCELLED+", "cancelled"),
        ("PREEMPTED", "cancelled"),
        ("SOMETHING_NEW", "failed"),
        ("", "unknown"),
    ],
)
def test_states(said: str, state: str) -> None:
    assert state_of(said).state == state


def test_the_queue() -> None:
    listed = "12|PENDING|Dependency\n13|RUNNING|None\n14|PENDING|AssocMaxJobsLimit\n15_[1-3]|PENDING|x\nslurm: note\n"
    assert queued(listed) == {
        "12": JobState("pending", "Dependency"),
        "13": JobState("running", ""),
        "14": JobState("pending", "AssocMaxJobsLimit"),
    }


def test_a_reason_may_hold_anything() -> None:
    assert queued("12|PENDING|(ReqNodeNotAvail, UnavailableNodes:n1)")["12"].reason.startswith("(ReqNode")


def test_accounting_tells_how_jobs_ended() -> None:
    listed = "7|FAILED|7:0|None\n8|TIMEOUT|0:0|None\n9|CANCELLED by 0|0:0|DependencyNeverSatisfied\n10|COMPLETED|0:0\n"
    assert accounted(listed) == {
        "7": JobState("failed", "exit status 7"),
        "8": JobState("failed", "timeout"),
        "9": JobState("cancelled", "cancelled (DependencyNeverSatisfied)"),
        "10": JobState("done"),
    }


def test_of_a_job_that_was_queued_again_the_last_life_counts() -> None:
    assert accounted("7|NODE_FAIL|0:0|x\n7|COMPLETED|0:0|None\n")["7"].state == "done"


def test_of_an_experiment_the_last_job_of_each_name_counts() -> None:
    listed = "7|northstar:a|a-x\n12|northstar:a|a-x\n9|northstar:a|a-y\n13|northstar:ab|ab-x\n14|(null)|a-x\n"
    assert experiments(listed) == {"a": ["9", "12"], "ab": ["13"]}


def test_an_experiment_may_be_named_by_its_folder_whatever_that_is_called() -> None:
    assert comment("my | out\n") == comment("my-out-") == "northstar:my-out-"


@pytest.mark.parametrize(
    ("said", "gpus"),
    [
        ("gpu:8", 8),
        ("gpu:h100:8(S:0-1)", 8),
        ("gpu:4090:2", 2),
        ("gpu:1g.10gb:7,nvme:9", 7),
        ("gpu:2\ngpu:a100:4(S:0)\n", 4),
        ("(null)", None),
    ],
)
def test_gpus_of_a_node(said: str, gpus: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slurm, "_run", lambda *_: said)
    assert Slurm().gpus_per_node(None) == gpus


def test_what_slurm_did_not_say_is_left_out() -> None:
    assert accounted("") == queued("") == {}
    assert accounted("garbage\n|\n") == {}


SCRIPT = "#!/bin/bash\n#SBATCH --account=lab\n#SBATCH --time=1:00:00\n#SBATCH --open-mode=append\n"


def test_what_the_script_says_counts_and_not_a_variable() -> None:
    own = {"SBATCH_ACCOUNT": "x", "SBATCH_TIMELIMIT": "1", "SBATCH_OPEN_MODE": "truncate", "SBATCH_QOS": "high"}
    own |= {"SBATCH_EXPORT": "NONE", "SLURM_EXPORT_ENV": "NONE"}  # jobs rely on their environment
    assert submission_environment(own, SCRIPT) == {"SBATCH_QOS": "high"}


def test_of_a_job_that_submits_others_nothing_is_handed_on() -> None:
    own = {"SLURM_JOB_ID": "7", "SLURM_MEM_PER_NODE": "500", "SLURM_CONF": "/etc/slurm.conf", "HOME": "/home/me"}
    assert submission_environment(own, SCRIPT) == {"SLURM_CONF": "/etc/slurm.conf", "HOME": "/home/me"}
    assert submission_environment({"SLURM_CPU_BIND": "none"}, SCRIPT) == {"SLURM_CPU_BIND": "none"}
