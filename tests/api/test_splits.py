"""A split of each benchmark's own, and the folder where its results lie."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import northstar
from northstar.api.evaluation import make_plan
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.core.errors import UsageError
from tests.executors.fake_executor import FakeExecutor

LCB = "livecodebench"
V5 = "test_v5_2407_2412"
OWN = """
import dataclasses
from northstar.benchmarks.smoke import BENCHMARK as SMOKE
from northstar.task.benchmark import Splits
ROWS = SMOKE.splits.named["test"]
BENCHMARK = dataclasses.replace(SMOKE, name="mine", splits=Splits({"test": ROWS, "dev": ROWS}))
"""


def planned(output_dir: Path, benchmarks: str, split: str | None = None) -> list[tuple[str, str]]:
    server = ServerOptions(model="m", address="http://127.0.0.1:9/v1")
    plan = make_plan(EvalOptions(benchmarks=benchmarks, output_dir=output_dir, server=server, split=split))
    assert plan.generate is not None
    return [(part.name, part.split) for part in plan.generate.benchmarks]


def of_earlier_version(output_dir: Path, name: str, split: str) -> None:
    (output_dir / "run.json").write_text(json.dumps({"run_json": 1, "results": {name: {"split": split}}}))


def test_each_benchmark_may_name_its_split(tmp_path: Path) -> None:
    assert planned(tmp_path, f"{LCB}.{V5}:16,aime24:16") == [(f"{LCB}.{V5}", V5), ("aime24", "test")]


def test_two_splits_of_a_benchmark_are_asked_in_one_run(tmp_path: Path) -> None:
    assert planned(tmp_path, "gpqa,gpqa.main") == [("gpqa", "diamond"), ("gpqa.main", "main")]


def test_a_split_by_option_lies_in_the_benchmarks_own_folder(tmp_path: Path) -> None:
    assert planned(tmp_path, LCB, V5) == [(LCB, V5)]


def test_a_second_split_by_option_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    of_earlier_version(tmp_path, f"{LCB}.seeds", "test_v5_2410_2502")
    assert planned(tmp_path, f"{LCB}:4", V5) == [(f"{LCB}.{V5}", V5)]
    assert planned(tmp_path, f"{LCB}:4", "test_v5_2410_2502") == [(LCB, "test_v5_2410_2502")]


@pytest.mark.parametrize("benchmarks", ["gpqa,gpqa.diamond", "gpqa.main:4,gpqa.main"])
def test_the_same_split_twice_is_refused(tmp_path: Path, benchmarks: str) -> None:
    with pytest.raises(UsageError, match="twice"):
        planned(tmp_path, benchmarks)


@pytest.mark.parametrize("name", [f"{LCB}.seeds", f"{LCB}.greedy"])
@pytest.mark.parametrize("repeats", ["", ":4"])
def test_a_split_that_an_earlier_version_kept_under_the_plain_name_goes_on_there(
    tmp_path: Path, name: str, repeats: str
) -> None:
    of_earlier_version(tmp_path, name, V5)
    assert planned(tmp_path, f"{LCB}.{V5}{repeats}") == [(LCB, V5)]


def test_another_split_than_the_one_kept_there_has_its_own_folder(tmp_path: Path) -> None:
    of_earlier_version(tmp_path, f"{LCB}.seeds", V5)
    assert planned(tmp_path, f"{LCB}.test_v5_2410_2502:4") == [(f"{LCB}.test_v5_2410_2502", "test_v5_2410_2502")]


def test_a_run_json_that_names_no_split_is_as_one_without_results(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"run_json": 1, "results": {f"{LCB}.seeds": {"model": "m"}}}))
    assert planned(tmp_path, f"{LCB}.{V5}:4") == [(f"{LCB}.{V5}", V5)]


def test_the_plain_and_the_dotted_name_cannot_share_that_folder(tmp_path: Path) -> None:
    of_earlier_version(tmp_path, f"{LCB}.seeds", V5)
    with pytest.raises(UsageError, match="holds the results of split"):
        planned(tmp_path, f"{LCB}:4,{LCB}.{V5}:4")


def test_a_benchmark_that_lacks_the_split_is_noted_with_what_was_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "lab.yaml").write_text("executor: slurm\n")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr("northstar.api.submitting.executor_of", lambda _: FakeExecutor())
    submitted = northstar.submit(
        "mine,smoke",
        split="dev",
        output_dir=tmp_path / "out",
        extra_benchmarks=[tmp_path / "mine.py"],
        model="m",
        server_address="http://127.0.0.1:9/v1",
        cluster="lab",
        config_dir=tmp_path,
    )
    assert submitted.notes[0] == "smoke has no split 'dev'; its own is taken, test."
