"""llama.cpp's real server: killed in a run, and without the memory that it needs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.started_servers import has_journalled, last_run, samples
from tests.waiting import wait_for

pytestmark = [pytest.mark.real_model, pytest.mark.slow]


def server_of(worker: int) -> int | None:
    """The process of the server that this worker has, below its guardian."""
    listing = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    guardians = [pid for pid, of, command in rows if int(of) == worker and "guardian.py" in command]
    found = [int(pid) for pid, of, command in rows if of in guardians and "start_llamacpp.py" in command]
    return found[0] if found else None


def test_killed_three_times_in_a_run_nothing_is_missing_and_nothing_comes_twice(tmp_path: Path) -> None:
    output = tmp_path / "out"
    words = ["eval", "--benchmarks=smoke:4", f"--output_dir={output}", "--server_args=--parallel 4 --threads 1"]
    words.append("++inference.tokens_to_generate=48")
    with subprocess.Popen([sys.executable, "-m", "northstar", *words], stdout=-1, stderr=-1, text=True) as process:
        for death in range(3):
            assert wait_for(partial(has_journalled, output, 6 * death + 6), 120)
            server = wait_for(lambda: server_of(process.pid))
            assert server is not None
            os.kill(server, signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert "pass@4" in stdout
    assert len(samples(output)) == len(set(samples(output))) == 96
    run = last_run(output)
    assert [restart["why"] for restart in run["server_restarts"]] == ["was ended by SIGKILL"] * 3
    assert (run["retries"], run["left_open"], run["ending"]) == (0, 0, "done")
    assert run["asked_again"] >= 3


def test_without_enough_memory_at_its_start_it_says_so(ns: Ns, tmp_path: Path) -> None:
    limited = tmp_path / "python"
    limited.write_text(f'#!/bin/sh\nulimit -v 2000000\nexec {sys.executable} "$@"\n')
    limited.chmod(0o755)
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", f"--server_python={limited}")
    done = ns("eval", *words, "--server_args=--parallel 1 --ctx-size 400000")
    assert done.returncode == 1
    assert "llama.cpp's server " in done.stderr
    assert "Likely cause: " in done.stderr
    assert "memory" in done.stderr.partition("Likely cause: ")[2].splitlines()[0]


def test_texts_are_completed_after_the_models_template(ns: Ns, tmp_path: Path) -> None:
    prompts = {}
    for kind in ("chat", "text", "responses"):
        words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/{kind}", "++max_samples=2")
        done = ns("eval", *words, f"++inference.endpoint_type={kind}", "--server_args=--parallel 2")
        assert done.returncode == 0, done.stderr
        lines = (tmp_path / kind / "eval-results/smoke/output.jsonl").read_text().splitlines()
        prompts[kind] = [json.loads(line)["num_prompt_tokens"] for line in lines]
    assert prompts["text"] == prompts["responses"] == prompts["chat"]


def test_a_response_that_is_cut_off_says_so_though_the_server_calls_it_completed(ns: Ns, tmp_path: Path) -> None:
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", "++max_samples=2", "--server_args=--parallel 2")
    more = ("++inference.endpoint_type=responses", "++inference.tokens_to_generate=3")
    done = ns("eval", *words, *more)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out/eval-results/smoke/output.jsonl").read_text().splitlines()
    assert [json.loads(line)["finish_reason"] for line in lines] == ["length", "length"]


def test_two_replicas_share_the_work(ns: Ns, tmp_path: Path) -> None:
    words = ("--benchmarks=smoke", f"--output_dir={tmp_path}/out", "--server_replicas=2", "--server_gpus=0")
    done = ns("eval", *words, "--server_args=--parallel 2 --threads 1")
    assert done.returncode == 0, done.stderr
    server = last_run(tmp_path / "out")["server"]
    assert len(set(server["addresses"])) == 2
    logs = [Path(log).read_text(errors="replace") for log in server["logs"]]
    assert [log.count("stop processing") > 6 for log in logs] == [True, True]
