"""Every command of the tutorial, read from its text and run by a shell as it is written there.

Stand-ins: `pip` and `huggingface-cli`, a package `vllm` that is a mock server, a hub with a few rows, and a judge.
/workspace is a mount of the cluster config `local`, as the tutorial assumes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from tests.conftest import ROOT
from tests.integration import invented_programs, invented_steps
from tests.integration.invented_choices import GPQA, HLE, put_gpqa, put_parquet
from tests.integration.scicode_targets import make_targets
from tests.tutorial import BENCHMARKS, MODEL, PLUGIN, Tutorial, read_tutorial, tables

VLLM = """
import json, os, sys
from pathlib import Path
with Path(os.environ["STAND_INS"], "vllm.log").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
told = dict(zip(sys.argv[1:], sys.argv[2:]))
sys.path.insert(0, os.environ["TESTS"])
sys.argv[1:] = ["--tokens=20", "--models=" + told["--model"], "--port=" + told["--port"]]
from tests.mock_server.__main__ import main
main()
"""
PIP = """#!/bin/sh
echo "$@" >> "$STAND_INS/pip.log"
"""
DOWNLOAD = f"""#!/bin/sh
[ "$1 $2 $3" = "download nvidia/Llama-3_3-Nemotron-Super-49B-v1_5 --local-dir" ] || exit 2
folder=$WORKSPACE${{4#/workspace}}
mkdir -p "$folder" && echo '{{}}' > "$folder/config.json" && echo pass > "$folder/{PLUGIN}"
"""
NS = """#!/bin/sh
case "$*" in
prepare_data*) set -- "$@" ++scicode.targets=/workspace/test_data.h5 ;;
eval*bfcl_v3*) set -- "$@" --server_gpus=0 ++max_samples=17 ;;
eval*) set -- "$@" --server_gpus=0 ++max_samples=2 ;;
esac
case "$*" in *--judge_model=*) set -- "$@" "--judge_server_address=$JUDGE" ;; esac
exec "$PYTHON" -m northstar "$@"
"""
"""Few rows, no GPU, and what is not to be had here: the authors' targets (on a drive), and OpenAI."""


@pytest.fixture
def tutorial(shared_data: Path) -> Tutorial:
    path = shared_data.parent / "tutorial.md"
    if not path.is_file():
        pytest.skip(f"NO TUTORIAL at {path}: its commands were not run")
    return read_tutorial(path)


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with the programs and the package vllm."""
    folder = tmp_path / "stand_ins"
    for name, text in (("pip", PIP), ("huggingface-cli", DOWNLOAD), ("ns", NS)):
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    server = folder / "packages/vllm/entrypoints/openai/api_server.py"
    server.parent.mkdir(parents=True)
    server.write_text(VLLM)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "cluster_configs").mkdir(parents=True)
    (folder / "cluster_configs/local.yaml").write_text(f"executor: local\nmounts: ['{folder}:/workspace']\n")
    return folder


@pytest.fixture
def endpoint(hub: Path, workspace: Path, shared_data: Path) -> Iterator[str]:
    """A hub with a few rows of each benchmark."""
    put_gpqa(hub, "diamond", GPQA)
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        put_parquet(hub, "TIGER-Lab/MMLU-Pro", "test", [json.loads(next(lines)) for _ in range(5)])
    put_parquet(hub, "cais/hle", "test", HLE)
    programs = [invented_programs.invented(number) for number in range(1, 4)]
    late = [invented_programs.invented(number, contest_date="2025-02-05T00:00:00") for number in range(4, 7)]
    invented_programs.put(hub, {"test4.jsonl": programs, "test6.jsonl": late})
    invented_steps.put(hub, "test", [invented_steps.small(steps=1)])
    make_targets([invented_steps.small(steps=1)], workspace / "test_data.h5")
    (hub / "HuggingFaceH4/MATH-500").mkdir(parents=True)
    shutil.copy(shared_data / "math-500/test.jsonl", hub / "HuggingFaceH4/MATH-500/test.jsonl")
    problems = [json.loads(line) for line in (shared_data / "aime24/test.jsonl").read_text().splitlines()]
    (hub / "HuggingFaceH4/aime_2024/data").mkdir(parents=True)
    parquet.write_table(
        pyarrow.Table.from_pylist(problems), hub / "HuggingFaceH4/aime_2024/data/train-00000-of-00001.parquet"
    )
    words = [sys.executable, "-m", "tests.integration.local_hub", str(hub)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


@pytest.mark.shared_data
@pytest.mark.slow
def test_every_command_of_the_tutorial_runs_as_written(
    tutorial: Tutorial,
    stand_ins: Path,
    workspace: Path,
    endpoint: str,
    start_mock: Callable[..., str],
    bfcl_data: Path,
    tmp_path: Path,
) -> None:
    del bfcl_data  # skipped without BFCL's packages
    environment = {
        **os.environ,
        "PATH": f"{stand_ins}/bin:{os.environ['PATH']}",
        "PYTHONPATH": f"{stand_ins}/packages",
        "PYTHON": sys.executable,
        "STAND_INS": str(stand_ins),
        "TESTS": str(ROOT),
        "WORKSPACE": str(workspace),
        "JUDGE": start_mock("--judge=0", "--models=o3-mini-20250131", "--reasons"),
        "NORTHSTAR_DATA_DIR": str(tmp_path / "data"),
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }

    def run(block: str) -> str:
        done = subprocess.run(
            ["bash", "-e"], input=block, cwd=workspace, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    *commands, summary = tutorial.commands
    assert len(commands) == 6
    printed = tables("".join(run(command) for command in commands))
    for benchmark in BENCHMARKS:
        printed |= tables(run(summary.replace("{BENCHMARK}", benchmark)))

    for benchmark in BENCHMARKS:
        columns, *lines = printed[benchmark]
        told, *rows = tutorial.tables[benchmark]
        assert columns == told
        seeds = {"hle": "15"}.get(benchmark, "16")  # one of hle's is missing from the tutorial's table
        assert [line[0] for line in lines] == [row[0].replace(seeds, "16") for row in rows]
    assert [line[0] for line in printed["bfcl_v3"]] == [row[0] for row in tutorial.tables["bfcl_v3"]]
    *_, started = [json.loads(line) for line in (stand_ins / "vllm.log").read_text().splitlines()]
    plugin = f"{workspace}{MODEL.removeprefix('/workspace')}/{PLUGIN}"
    assert " ".join(started).endswith(
        f"--tool-parser-plugin {plugin} --tool-call-parser llama_nemotron_json --enable-auto-tool-choice"
    )
