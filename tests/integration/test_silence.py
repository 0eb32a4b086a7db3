"""A server that answers nothing more: what is waited for is said at once or soon, on stderr and by `ns status`."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.api.evaluation import make_plan
from northstar.api.running import SamplesLeftOpen, run_plan
from northstar.api.watching import status
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.config.plan import Plan
from northstar.engine.counters import RunCounters
from northstar.executors.local import run_job
from northstar.progress.progress import watch
from northstar.progress.progress_file import ProgressFile
from tests.conftest import Ns

pytestmark = pytest.mark.slow
Start = Callable[..., str]


def plan_of(address: str, output: Path, *overrides: str) -> Plan:
    words = ["++max_samples=3", *overrides]
    mock = ServerOptions(model="mock", address=address)
    return make_plan(EvalOptions(benchmarks="smoke", output_dir=output, server=mock, overrides=words))


def test_a_server_that_is_healthy_while_its_chat_hangs(
    start_mock: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_job, "ProgressFile", functools.partial(ProgressFile, silent=0.3))
    plan = plan_of(start_mock("--first", ",hang,hang"), tmp_path, "++request_timeout=2", "++max_retries=0")
    notes: list[str] = []

    async def watching(counters: RunCounters) -> None:
        try:
            await watch(counters, silent=0.3)
        finally:
            notes.extend(shard.note for shard in status(tmp_path).shards)

    with pytest.raises(SamplesLeftOpen):
        run_plan(plan, watching)
    lines = capsys.readouterr().err.splitlines()
    silent = [line for line in lines if "no answer for " in line]
    assert silent, lines
    assert all("asking: 1/3, " in line and ": 2 requests under way, the oldest for " in line for line in silent)
    assert len(lines) < 12
    assert "2 requests under way, the oldest for " in notes[0]


def test_retries_are_counted_while_they_happen(
    start_mock: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = start_mock("--always=500")
    with pytest.raises(SamplesLeftOpen):
        run_plan(plan_of(address, tmp_path, "++max_retries=2"), functools.partial(watch, silent=0.3))
    lines = capsys.readouterr().err.splitlines()
    assert any("asking: 0/3, 3 in flight, " in line and " retries (HTTP 500" in line for line in lines), lines
    assert any("3 requests under way (" in line and " to be sent again)" in line for line in lines), lines


def test_an_address_that_is_gone_is_said_at_once_with_what_is_tried(ns: Ns, tmp_path: Path) -> None:
    address = "http://127.0.0.1:9/v1"
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", "--model=mock", f"--server_address={address}")
    done = ns("eval", *words)
    assert done.returncode == 1
    assert "reaching the server at 127.0.0.1:9 …" in done.stderr
    assert f"error: no server answers at {address}: " in done.stderr
    (progress,) = (tmp_path / "out/eval-logs/jobs").glob("*/*/progress.json")
    assert json.loads(progress.read_text())["ending"] == "failed"
