"""The Responses API by the command: the records of a chat, and efforts that are never mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

pytestmark = pytest.mark.slow

RESPONSES = "++inference.endpoint_type=responses"


def records(output: Path) -> list[dict[str, Any]]:
    found = []
    for file in sorted((output / "eval-results/smoke").glob("output*.jsonl")):
        found += [json.loads(line) for line in file.read_text().splitlines()]
    return [{name: value for name, value in record.items() if "time" not in name} for record in found]


def test_the_records_are_those_of_a_chat(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    address = start_mock("--reasoning=field")
    for kind in ("chat", "responses"):
        words = ("--benchmarks=smoke:2", f"--output_dir={tmp_path}/{kind}", "--model=mock")
        done = ns("eval", *words, f"--server_address={address}", f"++inference.endpoint_type={kind}")
        assert done.returncode == 0, done.stderr
    assert records(tmp_path / "responses") == records(tmp_path / "chat")
    assert len(records(tmp_path / "chat")) == 48


def test_no_seeds_are_sent_where_the_api_takes_none_and_the_run_says_so(
    ns: Ns, start_mock: Callable[..., str], tmp_path: Path
) -> None:
    address = start_mock(f"--log={tmp_path}/log")
    words = ("--benchmarks=smoke:2", f"--output_dir={tmp_path}/out", "--model=mock", "++max_samples=2", RESPONSES)
    done = ns("eval", *words, f"--server_address={address}", "--server_type=sglang")
    assert done.returncode == 0, done.stderr
    assert "no seeds are sent, since the server takes none" in done.stderr
    assert {json.loads(line)["seed"] for line in (tmp_path / "log").read_text().splitlines()} == {None}


def test_results_of_another_effort_are_not_mixed(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    words: tuple[str, ...] = (
        "--benchmarks=smoke",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        "--server_type=vllm",
    )
    words = (*words, f"--server_address={start_mock()}", RESPONSES, "++inference.reasoning_words=openai")
    assert ns("eval", *words, "++inference.reasoning_effort=low", "++max_samples=2").returncode == 0
    done = ns("eval", *words, "++inference.reasoning_effort=high", "++max_samples=2")
    assert done.returncode != 0
    assert "inference.reasoning_effort" in done.stderr
    run = json.loads((tmp_path / "out/run.json").read_text())["runs"][0]
    assert run["server"]["sampling"]["smoke"]["given"]["reasoning"] == {"effort": "low"}


def test_an_effort_that_cannot_be_said_is_refused_before_anything_is_asked(ns: Ns, tmp_path: Path) -> None:
    words = (
        "--benchmarks=smoke",
        f"--output_dir={tmp_path}/out",
        "--model=mock",
        "--server_address=http://127.0.0.1:9/v1",
    )
    done = ns("eval", *words, "++inference.reasoning_effort=low")
    assert done.returncode == 2
    assert "nothing says in whose words mock takes it" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_dry_run_shows_what_the_first_request_says(ns: Ns, tmp_path: Path) -> None:
    words: tuple[str, ...] = (
        "--benchmarks=smoke",
        f"--output_dir={tmp_path}/out",
        "--server_type=vllm",
        "--model=Qwen/Qwen3-8B",
    )
    words = (*words, "--server_address=http://127.0.0.1:9/v1", "--dry_run", RESPONSES)
    done = ns("eval", *words, "++inference.reasoning_effort=none")
    assert "its first request, to /responses ---" in done.stdout
    assert '(It says "chat_template_kwargs": {"enable_thinking": false}.)' in done.stdout
