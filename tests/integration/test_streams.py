"""`ns eval` with streamed answers: the same records, kill -9 in their middle, and servers that give nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.killing import kill_after

TIMES = ("generation_start_time", "generation_end_time", "time_to_first_token", "time_between_tokens")
STREAM = "++inference.stream=True"

Start = Callable[..., str]


def records(output: Path) -> list[dict[str, Any]]:
    files = sorted((output / "eval-results/smoke").glob("output-rs*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def without_times(output: Path) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name not in TIMES} for each in records(output)]


def asked(address: str, output: Path, *more: str) -> tuple[str, ...]:
    words = ("eval", "--benchmarks=smoke:2", f"--output_dir={output}", f"--server_address={address}", "--model=mock")
    return (*words, *more)


def test_the_records_are_those_of_answers_that_come_at_once(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    address = start_mock("--reasoning=field")
    assert ns(*asked(address, tmp_path / "at-once")).returncode == 0
    done = ns(*asked(address, tmp_path / "streamed", STREAM))
    assert done.returncode == 0, done.stderr
    assert without_times(tmp_path / "streamed") == without_times(tmp_path / "at-once")
    assert all(each["time_to_first_token"] >= 0 for each in records(tmp_path / "streamed"))
    assert not any("time_to_first_token" in each for each in records(tmp_path / "at-once"))
    assert "smoke: time to first token of 48 streamed answers: median " in done.stderr + done.stdout
    metrics = json.loads((tmp_path / "streamed/eval-results/metrics.json").read_text())["smoke"]
    assert metrics["streams"]["streamed_answers"] == 48


def test_one_way_goes_on_with_what_the_other_began(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    address = start_mock()
    assert ns(*asked(address, tmp_path / "out", "++max_samples=10")).returncode == 0
    done = ns(*asked(address, tmp_path / "out", STREAM))
    assert done.returncode == 0, done.stderr
    assert Counter("time_to_first_token" in each for each in records(tmp_path / "out")) == {False: 20, True: 28}


def test_killed_amid_streams_it_asks_nothing_twice_that_was_answered(
    ns: Ns, tmp_path: Path, start_mock: Start, data_dir: Path
) -> None:
    log = tmp_path / "log.jsonl"
    address = start_mock("--log", log, "--token_seconds=0.001", "--tokens=60", "--reasoning=text")
    words = asked(address, tmp_path / "out", STREAM, "++max_concurrent_requests=8")
    for answers in (8, 20):
        kill_after(answers, log, *words, data_dir=data_dir)
    done = ns(*words)
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path / "out")) == 48
    events = [json.loads(line) for line in log.read_text().splitlines()]
    answered = Counter((each["message"], each["seed"]) for each in events if each["event"] == "answered")
    assert len(answered) == 48
    assert sum(answered.values()) - 48 <= 2 * 8  # what was on its way when it was killed


def test_streams_that_are_cut_and_a_server_that_only_streams(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    address = start_mock("--streams_only", "--cut_streams=5")
    done = ns(*asked(address, tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path / "out")) == 48
    assert "mock is asked for streamed answers: the server gives none at once" in done.stderr
    run = json.loads((tmp_path / "out/run.json").read_text())["runs"][0]
    assert run["server"]["streamed"] == "the server gives none at once"


def test_a_gateway_that_cuts_silence_is_learnt(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    address = start_mock("--delay=8", "--gateway_seconds=5.2")
    done = ns(*asked(address, tmp_path / "out", "++max_samples=2"), timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path / "out")) == 4
    assert "a gateway cut two that were silent for 5 s" in done.stderr


@pytest.mark.real_model
def test_the_real_llama_cpp_streams_what_it_says_at_once(ns: Ns, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    words = (
        "eval",
        "--benchmarks=smoke",
        "++max_samples=4",
        "--server_args=--parallel 1",
        "++max_concurrent_requests=1",
    )
    for name, more in {"at-once": (), "streamed": (STREAM,)}.items():
        done = ns(*words, f"--output_dir={tmp_path / name}", *more, timeout=300)
        assert done.returncode == 0, done.stderr
    found = {
        name: [
            json.loads(line) for line in (tmp_path / name / "eval-results/smoke/output.jsonl").read_text().splitlines()
        ]
        for name in ("at-once", "streamed")
    }
    for at_once, streamed in zip(*found.values(), strict=True):
        for field in ("generation", "finish_reason", "num_generated_tokens", "num_prompt_tokens"):
            assert streamed[field] == at_once[field]
        assert streamed["time_to_first_token"] > 0
