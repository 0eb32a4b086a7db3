"""`ns setup --check` names what is not as the config says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from northstar.config.cluster import Cluster
from northstar.config.mounts import Mount
from northstar.config.options.jobs import Argument
from northstar.core.errors import NorthstarError
from northstar.executors.check import check_cluster
from northstar.executors.choice import executor_kind
from northstar.executors.slurm.check import findings as slurm_findings
from northstar.executors.slurm.slurm import Slurm


class Answers(Slurm):
    """A Slurm with two partitions, which takes jobs of the account `lab`."""

    def partitions(self) -> dict[str, str]:
        return {"gpu": "infinite", "short": "2:00:00"}

    def would_take(self, options: Iterable[tuple[str, Argument]]) -> None:
        if dict(options).get("account", "lab") != "lab":
            raise NorthstarError("sbatch: Invalid account.")

    def gpus_per_node(self, partition: str | None) -> int | None:
        return {"gpu": 8}.get(partition or "")


class Nobody(Slurm):
    def partitions(self) -> dict[str, str]:
        raise NorthstarError("there is no sinfo here.")


def findings(cluster: Cluster, slurm: Slurm | None = None) -> list[tuple[bool | None, str]]:
    """Of a cluster whose Slurm answers so."""
    tried = partial(slurm_findings, slurm=slurm or Answers())
    kind = replace(executor_kind(cluster.executor), findings=tried) if cluster.executor == "slurm" else None
    return [(finding.ok, finding.text) for finding in check_cluster(cluster, kind)]


def slurm(**keys: object) -> Cluster:
    return Cluster.model_validate({"name": "lab", "executor": "slurm", **keys})


def wrong(cluster: Cluster, slurm: Slurm | None = None) -> list[str]:
    return [text for ok, text in findings(cluster, slurm) if ok is False]


def test_all_is_well(tmp_path: Path) -> None:
    mounts = (Mount(str(tmp_path), "/workspace"),)
    cluster = slurm(partition="gpu", gpus_per_node=8, timeouts={"short": "1:00:00"}, job_dir=tmp_path / "new" / "jobs")
    assert wrong(cluster.model_copy(update={"mounts": mounts})) == []


def test_a_partition_that_is_not_there_names_the_nearest() -> None:
    assert wrong(slurm(partition="gpus")) == ["partition: there is no partition 'gpus'. Did you mean gpu?"]


def test_a_longer_time_than_the_partition_gives_a_job() -> None:
    """Slurm may take such a job, and never begin it."""
    said = "timeouts: 3:00:00 is more than partition short gives a job, 2:00:00"
    assert wrong(slurm(partition="short", timeouts="3:00:00")) == [said]
    assert wrong(slurm(partition="gpu", cpu_partition="short", timeouts={"gpu": "9-0", "short": "3:00:00"})) == [said]
    assert wrong(slurm(partition="gpu", timeouts="9-00:00:00")) == []


def test_a_job_that_slurm_would_refuse() -> None:
    held = slurm(partition="gpu", account="lba", gpus_per_node=8, cpus_per_task=4, timeouts="1:00:00")
    shown = "account lba, partition gpu, gpus-per-node 8, cpus-per-task 4, time 1:00:00"
    assert wrong(held) == [f"Slurm would refuse a job that starts a server ({shown}): sbatch: Invalid account."]
    both = slurm(partition="gpu", cpu_partition="short", account="lab")
    assert [text for _, text in findings(both)][2:4] == [
        "Slurm would take a job that starts a server (account lab, partition gpu)",
        "Slurm would take a job that starts none (account lab, partition short)",
    ]


def test_more_gpus_than_there_are() -> None:
    assert wrong(slurm(partition="gpu", gpus_per_node=16)) == [
        "gpus_per_node is 16, but a node of partition gpu has 8 at most"
    ]


def test_mounts_and_variables_and_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET_ANYWHERE", raising=False)
    cluster = slurm(required_env_vars=["NOT_SET_ANYWHERE"], interpreters={"vllm": "/no/python"})
    found = wrong(cluster.model_copy(update={"mounts": (Mount("/no/such/folder", "/workspace"),)}))
    assert "needs the environment variable NOT_SET_ANYWHERE" in found[0]
    assert found[1] == "mounts: there is no folder /no/such/folder (for /workspace)"
    assert found[2] == "interpreters: vllm: /no/python: No such file or directory"


def test_no_slurm_here() -> None:
    assert wrong(slurm(partition="gpu"), Nobody()) == ["there is no sinfo here."]


def test_an_image_that_is_not_there() -> None:
    images = {"vllm": "/images/none.sqsh", "sglang": "./none.sqsh", "trtllm": "docker://none"}
    found = slurm(containers=images, container_runtime="apptainer")
    assert wrong(found) == [
        "containers: vllm: /images/none.sqsh is not there",
        "containers: sglang: ./none.sqsh is not there",
    ]
    assert findings(found)[-1] == (
        None,
        "containers: trtllm: docker://none is not a file; whether it can be pulled is not checked",
    )


def test_gpus_of_this_machine_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    smi = tmp_path / "nvidia-smi"
    smi.write_text('#!/bin/sh\necho "GPU 0: NVIDIA X (UUID: GPU-1)"\necho "GPU 1: NVIDIA X (UUID: GPU-2)"\n')
    smi.chmod(0o755)
    assert wrong(Cluster(gpus_per_node=2)) == []
    assert wrong(Cluster(gpus_per_node=4)) == ["gpus_per_node is 4, but this machine has 2 GPUs (nvidia-smi)"]
