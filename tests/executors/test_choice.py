"""Executors are values: found by their folder, chosen by the cluster's config in one place, or passed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.api.evaluation import make_plan
from northstar.api.previewing.dry_run import looked_at
from northstar.api.submitting import submit_plan
from northstar.api.watching import cancel, status
from northstar.config.cluster import Cluster, read_cluster
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.option import read_options
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.executors.choice import executor_named, executor_names, executor_of
from northstar.executors.local.executor import LocalExecutor
from northstar.executors.slurm.executor import SlurmExecutor
from tests.executors.fake_executor import FakeExecutor


def smoke(folder: Path) -> Plan:
    given = {"benchmarks": "smoke:2", "output_dir": folder, "model": "m", "server_address": "http://127.0.0.1:9/v1"}
    return make_plan(read_options(EvalOptions, given))


def test_a_folder_with_a_module_executor_is_one() -> None:
    assert executor_names() == ["local", "slurm"]
    assert [executor_named(name).name for name in executor_names()] == executor_names()


def test_the_clusters_config_chooses() -> None:
    assert isinstance(executor_of(Cluster()), LocalExecutor)
    assert isinstance(executor_of(Cluster(executor="slurm")), SlurmExecutor)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("executor: slrm", "executor must be local or slurm, not 'slrm'. Did you mean slurm?"),
        ("executor: slurm\ncontainer_runtime: docker", "container_runtime: docker does not go with executor: slurm"),
        ("executor: local\ncontainer_runtime: pyxis", "it may be podman or docker."),
        ("executor: local\nssh_tunnel: {host: h, job_dir: /j}", "ssh_tunnel is for executor: slurm."),
    ],
)
def test_a_config_that_does_not_fit_is_named_with_its_file(tmp_path: Path, config: str, message: str) -> None:
    (tmp_path / "lab.yaml").write_text(config)
    cluster = read_cluster(tmp_path / "lab.yaml")
    with pytest.raises(UsageError) as raised:
        executor_of(cluster)
    assert str(raised.value).startswith(f"{tmp_path}/lab.yaml: ")
    assert message in str(raised.value)


def test_one_that_is_passed_in_previews_submits_is_polled_and_cancels(tmp_path: Path) -> None:
    fake, plan = FakeExecutor(), smoke(tmp_path / "out")
    with looked_at(plan) as ready:
        preview = fake.preview(ready, JobOptions(num_jobs=-1))
    assert [job.name for job in preview.jobs] == ["smoke-rs0", "smoke-rs1", "summary"]
    submit_plan(plan, Cluster(), JobOptions(num_jobs=-1), fake)
    found = status(tmp_path / "out", executors=lambda _: fake)
    assert [(shard.name, shard.state) for shard in found.shards] == [
        ("smoke rs0", "pending"),
        ("smoke rs1", "pending"),
        ("summary", "pending"),
    ]
    assert cancel(tmp_path / "out", "smoke:1", executors=lambda _: fake) == ["fake-2"] == fake.ended


def test_jobs_of_an_executor_that_is_not_here_are_as_they_say_themselves(tmp_path: Path) -> None:
    submit_plan(smoke(tmp_path / "out"), Cluster(), JobOptions(), FakeExecutor())
    found = status(tmp_path / "out")
    assert {shard.state for shard in found.shards} == {"unknown"}
    assert found.notes[0].startswith("Fake can't be asked (executor must be local or slurm, not 'fake'.) These states")
