"""Limits of tokens, cost and time: kept, also over kills; what is there is kept, and shown with what is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.started_servers import has_journalled, last_run, samples
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
AT_ONCE = 4
MOST_OF_ONE = 200
"""Tokens of a prompt and an answer of the mock; the limit is passed by at most what is in flight."""


def words(output: Path, address: str, *more: str) -> list[str]:
    asked = ["--benchmarks=smoke:4", f"--output_dir={output}", "--model=mock", f"--server_address={address}"]
    return [*asked, f"++max_concurrent_requests={AT_ONCE}", *more]


def spent(output: Path) -> dict[str, Any]:
    return dict(last_run(output)["spent"])


def test_the_run_stops_at_a_number_of_tokens_and_goes_on_with_a_higher_one(
    ns: Ns, start_mock: Callable[..., str], tmp_path: Path
) -> None:
    output, address = tmp_path / "out", start_mock()
    stopped = ns("eval", *words(output, address, "--max_tokens_total=1500"))
    assert stopped.returncode == 3, stopped.stderr
    assert "stopped at a limit: --max_tokens_total=1500: this folder's runs have spent 1," in stopped.stderr
    assert "not complete and not counted" in stopped.stderr
    assert 1500 <= spent(output)["tokens"] < 1500 + AT_ONCE * MOST_OF_ONE
    assert last_run(output)["ending"] == "limit reached"
    assert "--max_tokens_total=1500" in ns("status", str(output)).stdout
    again = ns("eval", *words(output, address, "--max_tokens_total=1500"))
    assert (again.returncode, last_run(output)["generated"]) == (3, 0)
    done = ns("eval", *words(output, address, "--max_tokens_total=100000"))
    assert (done.returncode, len(samples(output)), len(set(samples(output)))) == (0, 96, 96), done.stderr
    assert spent(output)["tokens_before"] < 1500 + AT_ONCE * MOST_OF_ONE


def test_cost_counts_by_the_prices_file(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("mock: {input: 1, output: 3}\n")
    output = tmp_path / "out"
    stopped = ns("eval", *words(output, start_mock(), "--max_cost=0.002", f"--prices={tmp_path}/prices.yaml"))
    assert stopped.returncode == 3, stopped.stderr
    assert 0.002 <= spent(output)["cost"] < 0.002 + AT_ONCE * MOST_OF_ONE * 3e-6


def test_time_ends_what_is_in_flight_and_keeps_what_is_there(
    ns: Ns, start_mock: Callable[..., str], tmp_path: Path
) -> None:
    output, address = tmp_path / "out", start_mock("--delay=30")
    stopped = ns("eval", *words(output, address, "--time_limit=3s"), timeout=25)
    assert stopped.returncode == 3, stopped.stderr
    assert "stopped at a limit: --time_limit: 3 s have passed. 96 answers are left to ask" in stopped.stderr


def test_what_a_killed_run_spent_counts(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    output, address = tmp_path / "out", start_mock("--delay=0.2")
    command = [sys.executable, "-m", "northstar", "eval", *words(output, address, "--max_tokens_total=3000")]
    with subprocess.Popen(command, stdout=-1, stderr=-1) as process:
        assert wait_for(partial(has_journalled, output, 12), 60)
        os.kill(process.pid, signal.SIGKILL)
    stopped = ns("eval", *words(output, address, "--max_tokens_total=3000"))
    assert stopped.returncode == 3, stopped.stderr
    assert spent(output)["tokens_before"] >= 12 * 20  # the tokens of an answer alone
    assert 3000 <= spent(output)["tokens"] < 3000 + AT_ONCE * MOST_OF_ONE


def test_jobs_that_share_a_run_refuse_a_total(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    done = ns("eval", *words(tmp_path / "out", start_mock(), "--max_tokens_total=5", "--num_jobs=2"))
    assert (done.returncode, "--max_tokens_total is kept by one job" in done.stderr) == (2, True)


def test_a_model_without_a_price_is_refused_before_the_start(
    ns: Ns, start_mock: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "prices.yaml").write_text("mok: {input: 1, output: 3}\n")
    done = ns("eval", *words(tmp_path / "out", start_mock(), "--max_cost=1", f"--prices={tmp_path}/prices.yaml"))
    assert (done.returncode, "has no price of mock. Did you mean mok?" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_run_json_is_whole(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    ns("eval", *words(tmp_path / "out", start_mock(), "--max_tokens_total=1500"))
    limits = json.loads((tmp_path / "out/run.json").read_text())["runs"][-1]["limits"]
    assert limits == {"tokens": 1500}
