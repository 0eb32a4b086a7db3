"""Slurm, containers and the cluster config."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.cluster import Cluster
from northstar.doctor import clusters

LAB = Cluster(name="lab", file=Path("/etc/lab.yaml"), executor="slurm", partition="gpu")


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; `sleep` has a path of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


SINFO = """case "$*" in *%G*) echo 'gpu:h100:8';; *) echo 'gpu 4:00:00'; echo 'cpu infinite';; esac"""


def test_partitions_are_listed_with_their_limits_and_gpus(commands: Path) -> None:
    program(commands, "sinfo", SINFO)
    (check,) = clusters.slurm(5, LAB)
    assert check.state == "ok"
    assert check.text.endswith("limits: cpu (infinite), gpu (4:00:00); up to 8 GPUs a node")


def test_a_partition_that_is_not_there_fails_with_the_nearest(commands: Path) -> None:
    program(commands, "sinfo", SINFO)
    (check,) = clusters.slurm(5, LAB.model_copy(update={"partition": "gpus"}))
    assert check.state == "fail"
    assert check.text == "lab names partition 'gpus', which is not there. Did you mean gpu?"


@pytest.mark.parametrize("script", ["exec /bin/sleep 60", "echo down >&2; exit 1"], ids=["hangs", "is down"])
@pytest.mark.parametrize(("cluster", "state"), [(LAB, "fail"), (Cluster(), "warn")], ids=["its own", "local"])
def test_a_controller_that_does_not_answer_fails_where_jobs_go_there(
    script: str, cluster: Cluster, state: str, commands: Path
) -> None:
    program(commands, "sinfo", script)
    (check,) = clusters.slurm(0.4, cluster)
    assert check.state == state


def test_a_machine_without_slurm_fails_only_for_a_cluster_that_has_it(commands: Path) -> None:
    assert clusters.slurm(5, Cluster())[0].state == "ok"
    assert clusters.slurm(5, LAB)[0].state == "fail"


def test_container_runtimes_are_named_with_their_versions(commands: Path) -> None:
    program(commands, "podman", "echo podman version 4.3.1")
    program(commands, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    (check,) = clusters.containers(5)
    assert (check.state, check.details["runtimes"]) == ("warn", {"podman": "4.3.1"})
    assert check.text == "podman 4.3.1; docker: Cannot connect to the Docker daemon"


def test_configs_are_listed(tmp_path: Path) -> None:
    (check,) = clusters.config(Cluster(), {"lab": tmp_path, "other": tmp_path})
    assert check.text == "local: this machine; configs: lab, other"
