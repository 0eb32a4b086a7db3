"""Results of two models never stand in one table, though both have the same name; one model keeps its under another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Ns

pytestmark = pytest.mark.slow
Start = Callable[..., str]
MOCK = f"{sys.executable} -m tests.mock_server --tokens 5 --models {{model}} --port {{port}}"


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where `python -m tests.mock_server` is found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "mount/m"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"rope_theta": 10000}')
    (folder / "model.safetensors").write_bytes(bytes(1000))
    return folder


@pytest.fixture
def evaluated(ns: Ns, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run so many seeds of smoke on a model's folder, or whatever else the words say."""

    def run(seeds: int, *words: object) -> subprocess.CompletedProcess[str]:
        return ns("eval", f"--benchmarks=smoke:{seeds}", f"--output_dir={tmp_path}/out", *words)

    return run


def started(model: object) -> tuple[str, ...]:
    return ("--server_type=generic", f"--server_entrypoint={MOCK}", f"--model={model}")


def run_json(tmp_path: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((tmp_path / "out/run.json").read_text())
    return held


def test_a_model_that_was_changed_in_its_place_is_refused(evaluated: Any, model: Path, tmp_path: Path) -> None:
    assert evaluated(2, *started(model)).returncode == 0
    (model / "config.json").write_text('{"rope_theta": 500000}')
    done = evaluated(3, *started(model))
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds results of smoke that were made differently:\n  the model's config.json: changed\n" in done.stderr
    assert not (tmp_path / "out/eval-results/smoke/output-rs2.jsonl").exists()
    dry = evaluated(3, *started(model), "--dry_run")
    assert (dry.returncode, "config.json: changed" in dry.stderr) == (1, True)
    assert evaluated(2, *started(model), "--rerun_done").returncode == 0


def test_the_same_model_under_another_mount_goes_on(evaluated: Any, model: Path, tmp_path: Path) -> None:
    assert evaluated(1, *started(model)).returncode == 0
    other = Path(shutil.copytree(model, tmp_path / "other/mount/m"))
    done = evaluated(2, *started(other))
    assert (done.returncode, "pass@1[avg-of-2]" in done.stdout) == (0, True), done.stderr
    assert run_json(tmp_path)["results"]["smoke.seeds"]["model"] == str(other)


def test_a_server_that_has_another_model_by_now_is_refused(evaluated: Any, start_mock: Start, tmp_path: Path) -> None:
    def address(created: int, root: str) -> str:
        listed = json.dumps({"created": created, "root": root, "permission": [{"id": created}]})
        return f"--server_address={start_mock('--tokens=5', f'--listed={listed}')}"

    assert evaluated(1, "--model=mock", address(1, "/models/a")).returncode == 0
    assert evaluated(2, "--model=mock", address(2, "/models/a")).returncode == 0
    done = evaluated(3, "--model=mock", address(3, "/models/b"))
    assert done.returncode == 1
    assert 'what the server says of the model, root: "/models/a" there, "/models/b" now' in done.stderr
    assert not (tmp_path / "out/eval-results/smoke/output-rs2.jsonl").exists()


def test_a_job_that_sees_the_model_first_refuses_before_it_asks(evaluated: Any, model: Path, tmp_path: Path) -> None:
    """As where a cluster's login node doesn't see the disk of its nodes: job.json is all that the worker gets."""
    assert evaluated(1, *started(model)).returncode == 0
    job = tmp_path / "out/eval-logs/jobs/009/smoke-rs1"
    job.mkdir(parents=True)
    plan = run_json(tmp_path)["runs"][-1]["plan"]
    plan["generate"]["benchmarks"][0]["seeds"] = [1]
    plan["job"] = "jobs/009/smoke-rs1"
    (job / "job.json").write_text(json.dumps({"name": "smoke-rs1", "plan": plan}))
    (model / "config.json").write_text('{"rope_theta": 500000}')
    words = [sys.executable, "-m", "northstar.executors.local.worker_entry", str(job / "job.json")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "the model's config.json: changed" in done.stderr
    assert list((tmp_path / "out/eval-logs/jobs/009").rglob("*server*.log")) == []


@pytest.mark.real_model
def test_the_default_model_is_known_by_its_file(ns: Ns, tmp_path: Path) -> None:
    words = (
        "--benchmarks=smoke",
        "++max_samples=1",
        "++inference.tokens_to_generate=4",
        f"--output_dir={tmp_path}/out",
    )
    done = ns("eval", *words)
    assert done.returncode == 0, done.stderr
    held = run_json(tmp_path)
    assert list(held["models"][held["results"]["smoke.greedy"]["model_content"]]) == ["weights"]


def test_a_name_on_the_hub_that_nobody_can_look_up_is_said(tmp_path: Path, ns: Ns) -> None:
    words = ("--server_type=vllm", f"--server_entrypoint={sys.executable} -m tests.mock_server --models org/m")
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = ns("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}/out", "--model=org/m", *words, **environment)
    assert done.returncode == 0, done.stderr
    assert "org/m is known by its name only (neither the hub nor its cache here tells the commit of org/m)" in (
        done.stdout + done.stderr
    )
