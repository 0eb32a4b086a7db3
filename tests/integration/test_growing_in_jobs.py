"""More rows in jobs: submission leaves the results as they are, and the first job that runs makes room in them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

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


def planned(output: Path, address: str, rows: int, jobs: int) -> list[Arranged]:
    """The jobs of two seeds of smoke."""
    server = ServerOptions(model="mock", address=address)
    options = EvalOptions(benchmarks="smoke:2", overrides={"max_samples": rows}, output_dir=output, server=server)
    with ExitStack() as stack:
        ready = preflight(make_plan(options), stack, identify_before_jobs)
        found = plan_jobs(ready, {}, JobOptions(num_jobs=jobs)).jobs
    return [job for job in found if job.shards]


def ended(output: Path, jobs: list[Arranged], number: str) -> list[str]:
    """Run jobs at once; return what those that failed said."""
    files = [write_job(output / "eval-logs/jobs" / number / job.name, job.job) for job in jobs]
    begun = [
        subprocess.Popen([sys.executable, "-m", WORKER, str(file)], stderr=subprocess.PIPE, text=True) for file in files
    ]
    said = [(job.communicate()[1], job.returncode) for job in begun]
    return [error for error, code in said if code != 0]


def lines(output: Path) -> dict[str, int]:
    files = sorted((output / "eval-results/smoke").glob("output-rs*"))
    return {file.name: len(file.read_text().splitlines()) for file in files}


@pytest.mark.slow
def test_jobs_grow_the_same_results_at_once(tmp_path: Path, start_mock: Callable[..., str]) -> None:
    output, address = tmp_path / "out", start_mock()
    assert ended(output, planned(output, address, 3, jobs=1), "001") == []
    more = planned(output, address, 10, jobs=-1)
    assert [len(job.shards) for job in more] == [1, 1]
    assert lines(output) == {"output-rs0.jsonl": 3, "output-rs1.jsonl": 3}  # while the jobs wait
    assert ended(output, more, "002") == []
    assert lines(output) == {"output-rs0.jsonl": 10, "output-rs1.jsonl": 10}
    assert planned(output, address, 10, jobs=-1) == []
