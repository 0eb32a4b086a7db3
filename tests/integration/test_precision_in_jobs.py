"""A range of seeds in a job of its own: the job has all seeds to choose from, and its worker decides."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from northstar.api.evaluation import make_plan
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.server import ServerOptions
from northstar.engine.preflight.preflight import preflight
from northstar.jobs.arrangement import Arranged
from northstar.jobs.job import write_job
from northstar.jobs.own_process import WORKER
from northstar.jobs.planning import plan_jobs
from northstar.provenance.identified import identify_before_jobs


def planned(output: Path, address: str, precision: float, active: dict[str, str] | None = None) -> list[Arranged]:
    """The jobs of smoke with 4 to 20 seeds, in a folder of its own."""
    options = EvalOptions(
        benchmarks="smoke:4..20",
        precision=precision,
        output_dir=output,
        server=ServerOptions(model="mock", address=address),
    )
    with ExitStack() as stack:
        ready = preflight(make_plan(options), stack, identify_before_jobs)
        found = plan_jobs(ready, active or {}, JobOptions()).jobs
    return [job for job in found if job.shards]


def test_its_worker_adds_seeds_until_the_mean_is_known(tmp_path: Path, start_mock: Callable[..., str]) -> None:
    output, address = tmp_path / "out", start_mock()
    [job] = planned(output, address, 2.0)
    assert [shard.stem for shard in job.shards] == [f"output-rs{seed}" for seed in range(4)]
    file = write_job(output / "eval-logs/jobs/001" / job.name, job.job)
    done = subprocess.run([sys.executable, "-m", WORKER, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((output / "eval-results/smoke").glob("output-rs*.jsonl"))) > 4
    assert planned(output, address, 2.0) == []


def test_it_is_not_submitted_again_while_a_job_has_it(tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert planned(output, "http://127.0.0.1:9/v1", 2.0, {"smoke/output-rs0": "7"}) == []
