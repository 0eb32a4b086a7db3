"""Jobs of a real Slurm share one run: each sample is answered once, whoever joins, is killed, cancelled or sleeps."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.cluster.lab import IDS, ROWS, Lab, answered
from tests.integration.killing import on_file
from tests.integration.timeless import timeless

pytestmark = [pytest.mark.real_slurm, pytest.mark.slow]

Start = Callable[..., str]
SEEDS = 4
ALL = {f"output-rs{seed}": IDS for seed in range(SEEDS)}
ASKED = ("--benchmarks=smoke:4", "++max_concurrent_requests=2")


def table(output: Path) -> Any:
    """The numbers of the table but for the time that it took."""
    return timeless(json.loads((output / "eval-results/metrics.json").read_text())["smoke"])


def has_answers(lab: Lab, wanted: int) -> Callable[[], bool]:
    return lambda: on_file(lab.host / "out/eval-results/smoke") >= wanted


def worker(lab: Lab, submission: str, job: str) -> int:
    """The process of a job's worker."""
    progress = lab.host / f"out/eval-logs/jobs/{submission}/{job}/progress.json"
    lab.wait_for(progress.exists)
    return int(json.loads(progress.read_text())["process"])


@pytest.mark.parametrize("count", [2, 4])
def test_each_sample_is_asked_once_and_the_table_is_that_of_one_job(
    lab: Lab, ns: Ns, tmp_path: Path, start_mock: Start, log: Path, count: int
) -> None:
    address = start_mock("--log", log, "--delay=0.2", "--right=0.5")
    jobs = lab.eval(address, *ASKED, f"--num_jobs={count}")
    assert list(jobs) == [*(f"shared-{number}" for number in range(1, count + 1)), "summary"]
    lab.slurm.wait(*jobs.values())
    assert lab.records() == ALL
    assert len(answered(log)) == len(set(answered(log))) == SEEDS * ROWS
    assert {shard["state"] for shard in lab.status().values()} == {"done"}
    alone = (f"--server_address={address}", "--model=mock", f"--output_dir={tmp_path}/alone")
    assert ns("eval", "--benchmarks=smoke:4", *alone).returncode == 0
    assert table(lab.host / "out") == table(tmp_path / "alone")
    assert lab.eval(address, *ASKED, f"--num_jobs={count}") == {}


def test_jobs_that_are_added_take_their_share_and_one_summary_follows_them_all(
    lab: Lab, start_mock: Start, log: Path
) -> None:
    address = start_mock("--log", log, "--delay=1")
    first = lab.eval(address, *ASKED, "--num_jobs=2")
    lab.wait_for(has_answers(lab, 8))
    added = lab.eval(address, *ASKED, "--num_jobs=1")
    assert list(added) == ["shared-1", "summary"]
    lab.slurm.wait(*first.values(), *added.values())
    states = lab.slurm.states()
    assert states[first["summary"]] == "CANCELLED"
    assert states[added["summary"]] == "COMPLETED"
    assert "pass@1[avg-of-4]" in lab.ns("logs", "/workspace/out", added["summary"])
    assert lab.records() == ALL
    assert len(answered(log)) == len(set(answered(log))) == SEEDS * ROWS
    progress = json.loads((lab.host / "out/eval-logs/jobs/002/shared-1/progress.json").read_text())
    assert sum(shard.get("generated", 0) for shard in progress["shards"].values()) > 0


def test_what_a_killed_a_cancelled_and_a_sleeping_job_had_is_done_by_the_others(
    lab: Lab, start_mock: Start, log: Path
) -> None:
    lab.variables["NORTHSTAR_LEASE_SECONDS"] = "6"
    jobs = lab.eval(start_mock("--log", log, "--delay=1"), *ASKED, "--num_jobs=4")
    lab.wait_for(has_answers(lab, 8))
    sleeper = worker(lab, "001", "shared-3")
    os.kill(worker(lab, "001", "shared-1"), signal.SIGKILL)
    assert lab.ns("cancel", "/workspace/out", jobs["shared-2"]) == f"1 job cancelled: {jobs['shared-2']}\n"
    os.kill(sleeper, signal.SIGSTOP)
    lab.slurm.wait(jobs["shared-4"])
    assert lab.records() == ALL
    os.kill(sleeper, signal.SIGCONT)
    lab.slurm.wait(*jobs.values())
    assert lab.records() == ALL
    states = lab.slurm.states()
    ends = [states[jobs[f"shared-{number}"]] for number in range(1, 5)]
    assert ends == ["FAILED", "CANCELLED", "COMPLETED", "COMPLETED"]
    assert len(answered(log)) - len(set(answered(log))) <= 6  # what the three had in flight
    assert "pass@1[avg-of-4]" in lab.ns("logs", "/workspace/out", "summary")
