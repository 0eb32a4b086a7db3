"""IFBench and IFEval through the whole path: prepared, asked of a mock server, verified, summed up."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.registry import find_benchmark
from northstar.data.environment import environment_folder
from northstar.data.source import HubFile
from northstar.graders.instructions.verifiers import ENVIRONMENT
from tests.conftest import Ns
from tests.file_server import FileServer, serving_files
from tests.integration.conftest import Prepare

COLUMNS = (
    "num_prompts | num_instructions | average_score | prompt_strict_accuracy | instruction_strict_accuracy | "
    "prompt_loose_accuracy | instruction_loose_accuracy | num_entries | avg_tokens | gen_seconds"
)
Start = Callable[..., str]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, instructions_data: Path) -> Path:
    """The verifiers' environment, which is not made anew for each test."""
    folder = environment_folder(ENVIRONMENT, instructions_data)
    monkeypatch.setenv("NORTHSTAR_INSTRUCTIONS_ENV", str(folder))
    return folder


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving_files() as files:
        monkeypatch.setenv("NORTHSTAR_GITHUB_ENDPOINT", files.address)
        yield files


def raw(split: str) -> str:
    file = find_benchmark("ifbench").splits.named[split]
    assert isinstance(file, HubFile)
    return f"/{file.repo}/{file.revision}/{file.path}"


def evaluated(ns: Ns, name: str, address: str, out: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    done = ns(
        "eval",
        f"--benchmarks={name}",
        "--model=mock",
        f"--server_address={address}",
        f"--output_dir={out}",
        *settings,
    )
    assert done.returncode == 0, done.stderr
    return done


def records(out: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / f"eval-results/{name}/output.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("split", "rows"), [("test", 294), ("test_300", 300)])
def test_ifbench_is_the_files_of_its_two_commits(
    ns: Ns, environment: Path, github: FileServer, shared_data: Path, data_dir: Path, split: str, rows: int
) -> None:
    github.files[raw(split)] = (shared_data / f"ifbench/test_{rows}.jsonl").read_bytes()
    done = ns("prepare_data", "ifbench", f"--split={split}")
    assert (done.returncode, f"ifbench: {rows} rows in" in done.stdout) == (0, True), done.stderr
    assert "What needs it stays ungraded until ns prepare_data ifbench has it." in done.stderr


def test_ifbench_is_asked_verified_and_summed_up(
    ns: Ns,
    environment: Path,
    github: FileServer,
    shared_data: Path,
    start_mock: Start,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    github.files[raw("test")] = (shared_data / "ifbench/test_294.jsonl").read_bytes()
    assert ns("prepare_data", "ifbench").returncode == 0
    out = tmp_path / "out"
    done = evaluated(ns, "ifbench", start_mock(), out)
    assert COLUMNS in done.stdout
    found = records(out, "ifbench")
    ungraded = [each for each in found if "ungraded" in each]
    assert (len(found), {len(each["kwargs"]) for each in ungraded}) == (294, {1, 2})
    assert all("words:start_verb" in each["instruction_id_list"] for each in ungraded)
    mode = json.loads((out / "eval-results/metrics.json").read_text())["ifbench"]["pass@1"]
    assert (mode["num_entries"], mode["num_prompts"]) == (294, 294 - len(ungraded))


MINE = """
from dataclasses import replace
from northstar.benchmarks.instructions.ifeval import BENCHMARK as IFEVAL, ROWS
from northstar.task.benchmark import Splits
BENCHMARK = replace(IFEVAL, name="{name}", splits=Splits({{"test": replace(ROWS, sha256=None)}}))
"""

IFEVAL = [
    (["punctuation:no_comma"], [{}], "Say it without a comma."),
    (["change_case:english_lowercase", "keywords:existence"], [{}, {"keywords": ["river"]}], "Lowercase, with river."),
    (["length_constraints:number_words"], [{"relation": "at least", "num_words": 5}], "At least five words."),
    (["combination:repeat_prompt"], [{"prompt_to_repeat": "Say."}], "Say."),
]


@pytest.mark.parametrize("name", ["ifeval", "called-otherwise"])
def test_ifeval_is_asked_verified_and_summed_up(
    name: str,
    ns: Ns,
    prepare: Prepare,
    hub: Path,
    environment: Path,
    start_mock: Start,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    lines = [
        {"key": number, "prompt": prompt, "instruction_id_list": names, "kwargs": given}
        for number, (names, given, prompt) in enumerate(IFEVAL, start=1000)
    ]
    (hub / "google/IFEval").mkdir(parents=True)
    (hub / "google/IFEval/ifeval_input_data.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    mine = tmp_path / "mine.py"  # with invented rows, whose checksum is another one
    mine.write_text(MINE.format(name=name))
    done = prepare(name, f"--extra_benchmarks={mine}")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    shown = evaluated(ns, name, start_mock(), out, f"--extra_benchmarks={mine}")
    assert COLUMNS in shown.stdout
    found = records(out, name)
    assert [len(each["strict_instructions"]) for each in found] == [1, 2, 1, 1]
    assert not any("grading_error" in each or "ungraded" in each for each in found)
