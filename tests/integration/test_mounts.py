"""`/workspace` of a cluster config in the commands, without containers: the host's folder is meant."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.executors.local import executor
from northstar.executors.local.run_job import run_job
from tests.conftest import Ns

Start = Callable[..., str]


@pytest.fixture
def cluster(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/dev.yaml").write_text(f"executor: local\nmounts: ['{tmp_path}/host:/workspace']\n")
    (tmp_path / "host").mkdir()
    return ("--cluster=dev", f"--config_dir={tmp_path}/configs")


def test_results_lie_in_the_mounted_folder_and_are_summed_up_from_there(
    ns: Ns, start_mock: Start, cluster: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "host/p.yaml").write_text("user: 'Say {{ problem }}'\n")
    words = ("--benchmarks=smoke:2", "--model=mock", f"--server_address={start_mock()}", *cluster)
    done = ns("eval", *words, "--output_dir=/workspace/out/", "++prompt_config=/workspace/p.yaml")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "host/out/eval-results/smoke/output-rs1.jsonl").exists()
    summed = ns("summarize_results", *cluster, "/workspace/out/eval-results/smoke")
    assert summed.stdout == done.stdout
    on_host = f"{tmp_path}/host/out"  # as paths are printed
    assert ns("summarize_results", *cluster, on_host).stdout == done.stdout
    there, inside = (ns("status", *cluster, place).stdout for place in (on_host, "/workspace/out"))
    assert re.sub(r"\d+ s ago", "some s ago", there) == re.sub(r"\d+ s ago", "some s ago", inside) != ""


def test_a_path_under_no_mount_is_refused_before_anything_starts(
    ns: Ns, cluster: tuple[str, str], tmp_path: Path
) -> None:
    done = ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}/elsewhere", *cluster)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/elsewhere lies under no mount. The mounts of cluster dev: {tmp_path}/host:/w" in done.stderr


def test_a_mistyped_cluster_is_a_usage_error(ns: Ns, cluster: tuple[str, str], tmp_path: Path) -> None:
    done = ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}/out", "--cluster=dve", cluster[1])
    assert done.returncode == 2
    assert "unknown cluster 'dve'. Did you mean dev?" in done.stderr


def test_options_of_jobs_are_checked_by_a_dry_run_too(ns: Ns, tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text("executor: slurm\n")
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", "--cluster=lab", f"--config_dir={tmp_path}")
    done = ns("eval", *words, "--num_jobs=0", "--dry_run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--num_jobs=0 must be 1 or more" in done.stderr


def test_a_dry_run_shows_the_jobs_that_would_be_submitted(ns: Ns, tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text("executor: slurm\npartition: gpu\n")
    words = ("--benchmarks=smoke:2", f"--output_dir={tmp_path}/out", "--cluster=lab", f"--config_dir={tmp_path}")
    done = ns("eval", *words, "--num_jobs=-1", "--server_gpus=1", "--dependent_jobs=1", "--dry_run")
    _, jobs = done.stdout.split("\n  24 samples  ", 1)
    assert jobs.splitlines()[:7] == [
        "smoke-rs0",
        "  24 samples  smoke-rs1",
        "              summary, after smoke-rs0, smoke-rs1",
        "3 jobs would be submitted to lab, all but the summary 2 times; smoke-rs0 begins with",
        "#!/bin/bash",
        "#SBATCH --job-name=out-smoke-rs0",
        "#SBATCH --comment=northstar:out",
    ]
    assert jobs.endswith("\n\nDry run: no model was asked, and nothing of a run was written.\n")
    assert not (tmp_path / "out").exists()


def test_variables_of_the_config_are_the_runs_own_on_this_machine_too(
    ns: Ns, start_mock: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "executor: local\nenv_vars: [MY_SETTING=7]\nrequired_env_vars: [NEEDED_KEY]\n"
    (tmp_path / "dev.yaml").write_text(config)
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", "--model=mock", "--server_address=http://x/v1")
    done = ns("eval", *words, "--cluster=dev", f"--config_dir={tmp_path}")
    assert done.returncode == 2
    assert "cluster dev needs the environment variable NEEDED_KEY" in done.stderr
    seen: list[str | None] = []

    def noting(*args: Any, **options: Any) -> Any:
        seen.append(os.environ.get("MY_SETTING"))
        return run_job(*args, **options)

    monkeypatch.setattr(executor, "run_job", noting)
    monkeypatch.setenv("NEEDED_KEY", "k")
    northstar.evaluate(
        "smoke",
        output_dir=tmp_path / "out",
        progress=False,
        model="mock",
        server_address=start_mock(),
        cluster="dev",
        config_dir=tmp_path,
    )
    assert seen == ["7"]
    assert "MY_SETTING" not in os.environ
