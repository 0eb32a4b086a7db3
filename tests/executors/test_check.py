"""`ns setup --check` names what is not as the config says."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.cluster import Cluster
from northstar.config.mounts import Mount
from northstar.errors import NorthstarError
from northstar.executors import check
from northstar.executors.check import check_cluster


class Answers:
    """A Slurm with two partitions."""

    def partitions(self) -> list[str]:
        return ["gpu", "short"]

    def gpus_per_node(self, partition: str | None) -> int | None:
        return {"gpu": 8}.get(partition or "")


class Nobody:
    def partitions(self) -> list[str]:
        raise NorthstarError("there is no sinfo here.")


def findings(cluster: Cluster) -> list[tuple[bool | None, str]]:
    return [(finding.ok, finding.text) for finding in check_cluster(cluster)]


def slurm(**keys: object) -> Cluster:
    return Cluster.model_validate({"name": "lab", "executor": "slurm", **keys})


@pytest.fixture(autouse=True)
def _answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "Slurm", Answers)


def wrong(cluster: Cluster) -> list[str]:
    return [text for ok, text in findings(cluster) if ok is False]


def test_all_is_well(tmp_path: Path) -> None:
    mounts = (Mount(str(tmp_path), "/workspace"),)
    cluster = slurm(partition="gpu", gpus_per_node=8, timeouts={"short": "1:00:00"}, job_dir=tmp_path / "new" / "jobs")
    assert wrong(cluster.model_copy(update={"mounts": mounts})) == []


def test_a_partition_that_is_not_there_names_the_nearest() -> None:
    assert wrong(slurm(partition="gpus")) == ["partition: there is no 'gpus'. Did you mean gpu?"]


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


def test_no_slurm_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "Slurm", Nobody)
    assert wrong(slurm(partition="gpu")) == ["there is no sinfo here."]


def test_an_image_that_is_not_there() -> None:
    found = wrong(slurm(containers={"vllm": "/images/none.sqsh"}, container_runtime="apptainer"))
    assert found == ["containers: vllm: /images/none.sqsh is not there"]


def test_gpus_of_this_machine_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(check, "SECONDS", 20.0)
    smi = tmp_path / "nvidia-smi"
    smi.write_text('#!/bin/sh\necho "GPU 0: NVIDIA X (UUID: GPU-1)"\necho "GPU 1: NVIDIA X (UUID: GPU-2)"\n')
    smi.chmod(0o755)
    assert wrong(Cluster(gpus_per_node=2)) == []
    assert wrong(Cluster(gpus_per_node=4)) == ["gpus_per_node is 4, here are 2"]
