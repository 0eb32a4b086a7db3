"""What would stop a run is said before anything is started, submitted or paid for."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan
from northstar.api.judging import plan_judging
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.judging import JudgingOptions
from northstar.config.options.option import read_options
from northstar.config.plan import Plan
from northstar.engine.preflight.obstacles import Findings, find_obstacles, find_obstacles_here
from northstar.engine.preflight.preflight import preflight
from northstar.provenance.identified import identify_before_jobs

CALL = {
    "id": "simple_0",
    "category": "simple",
    "question": [[{"role": "user", "content": "How high?"}]],
    "function": [{"name": "height", "description": "", "parameters": {"type": "dict", "properties": {}}}],
}
QUESTION = {"id": "1", "problem": "?", "expected_answer": "x"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Prepared rows of benchmarks that are not in the package."""
    for name, split, row in (("bfcl_v3", "test", CALL), ("hle", "text", QUESTION)):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path / "data"


def planned(data: Path, benchmark: str, **options: Any) -> Plan:
    where = {"benchmarks": benchmark, "output_dir": data.parent / "out", "data_dir": data}
    return make_plan(read_options(EvalOptions, where | options))


def model(folder: Path, template: str) -> str:
    (folder / "qwen3").mkdir()
    (folder / "qwen3/config.json").write_text("{}")
    (folder / "qwen3/tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    return str(folder / "qwen3")


def found(plan: Plan, **environment: str) -> Findings:
    with ExitStack() as stack:
        return find_obstacles(preflight(plan, stack, identify_before_jobs), environment)


def found_here(plan: Plan) -> Findings:
    with ExitStack() as stack:
        return asyncio.run(find_obstacles_here(preflight(plan, stack, identify_before_jobs)))


THERE = {"model": "m", "server_address": "http://127.0.0.1:9/v1"}


def test_a_judges_key_that_is_not_set(data: Path) -> None:
    (said,) = found(planned(data, "hle", **THERE)).obstacles
    assert said.startswith(
        "neither JUDGE_API_KEY nor OPENAI_API_KEY is set; https://api.openai.com/v1 requires an API key."
    )


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "JUDGE_API_KEY"])
def test_a_key_that_the_run_will_have_is_none(data: Path, variable: str) -> None:
    assert found(planned(data, "hle", **THERE), **{variable: "abc"}).obstacles == ()


def test_a_key_with_a_line_break(data: Path) -> None:
    (said,) = found(planned(data, "hle", **THERE), OPENAI_API_KEY="a\nb").obstacles
    assert said.startswith("OPENAI_API_KEY holds characters that no key has")


def test_a_key_of_those_who_only_judge(data: Path) -> None:
    results = data.parent / "out/eval-results/hle"
    results.mkdir(parents=True)
    (results / "output.jsonl").write_text("{}\n")
    assert "requires an API key" in found(plan_judging(JudgingOptions(output_dir=data.parent / "out"))).obstacles[0]


def test_a_judge_that_has_judged_everything_needs_no_key(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.provenance.provenance.knows", lambda *_: True)
    results = data.parent / "out/eval-results/hle"
    plan = planned(data, "hle", **THERE)
    for folder in (results, results / "judgements" / plan.judges[0].name):
        folder.mkdir(parents=True)
        (folder / "output.jsonl").write_text("{}\n")
    assert found(plan).obstacles == ()


def generated(folder: Path, rows: int) -> None:
    """A journal with the generations of so many rows, none of them graded."""
    folder.mkdir(parents=True)
    lines = [f'{{"crc":"00000000","row":{row},"generation":{{"generation":"x"}}}}' for row in range(rows)]
    (folder / "output.jsonl.journal").write_text("\n".join(['{"journal":2}', *lines, ""]))


@pytest.mark.parametrize(("rows", "needed"), [(23, True), (24, False)])
def test_a_run_with_only_grading_left_needs_no_key(
    data: Path, rows: int, needed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("northstar.provenance.provenance.knows", lambda *_: True)
    generated(data.parent / "out/eval-results/smoke", rows)
    obstacles = found(planned(data, "smoke", model="m", server_type="openai")).obstacles
    assert (obstacles != ()) is needed


def test_a_judge_whose_folder_has_its_old_name_needs_no_key(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.provenance.provenance.knows", lambda *_: True)
    results = data.parent / "out/eval-results/hle"
    plan = planned(data, "hle", **THERE, judge_model="org/m")
    for folder in (results, results / "judgements/org_m"):
        folder.mkdir(parents=True)
        (folder / "output.jsonl").write_text('{"judge": "org/m"}\n')
    assert found(plan).obstacles == ()


@pytest.mark.parametrize("option", ["--tool-parser-plugin", "--chat-template", "--reasoning-parser-plugin"])
def test_a_file_that_the_servers_arguments_name(data: Path, option: str) -> None:
    folder = model(data.parent, "{{ messages }}")
    args = {"model": folder, "server_type": "vllm", "server_args": f"{option} /nowhere/at/all.py"}
    (said,) = found(planned(data, "smoke", **args)).obstacles
    assert said.startswith(f"--server_args: {option}: there is no /nowhere/at/all.py.")


def test_a_template_by_its_name_is_no_file(data: Path) -> None:
    folder = model(data.parent, "{{ messages }}")
    args = {"model": folder, "server_type": "vllm", "server_args": "--chat-template chatml"}
    assert found(planned(data, "smoke", **args)).obstacles == ()


class TestATemplateThatShowsNoTools:
    def plan(self, data: Path, *overrides: str, args: str = "") -> Plan:
        folder = model(data.parent, "{{ messages[0].content }}")
        return planned(data, "bfcl_v3", model=folder, server_type="vllm", server_args=args, overrides=overrides)

    def test_stops_a_run_whose_calls_are_read_here_before_the_server_starts(self, data: Path) -> None:
        (said,) = found(self.plan(data)).obstacles
        assert said.startswith("bfcl_v3: the chat template of ")
        assert "shows no tools to the model, which could not know them. ++use_client_parsing=False" in said

    def test_is_told_where_the_server_reads_them(self, data: Path) -> None:
        findings = found(self.plan(data, "++use_client_parsing=False"))
        assert findings.obstacles == ()
        assert "shows no tools to the model" in findings.notes[0]
        assert findings.notes[0].endswith("--chat-template in its arguments.")

    def test_is_nothing_where_the_server_is_told_another(self, data: Path) -> None:
        assert found(self.plan(data, args="--chat-template chatml")) == Findings()


def test_an_output_folder_that_cannot_be_made(data: Path) -> None:
    (data.parent / "file").write_text("")
    plan = planned(data, "smoke", **THERE).model_copy(update={"output_dir": data.parent / "file/out"})
    (said,) = found_here(plan).obstacles
    assert said == f"cannot write to --output_dir={data.parent}/file/out: {data.parent}/file is not a folder."


def test_a_server_that_is_not_installed(data: Path) -> None:
    folder = model(data.parent, "{{ messages }}")
    said = found_here(planned(data, "smoke", model=folder, server_type="vllm", server_python=sys.executable)).obstacles
    assert said[0].startswith(f"--server_python={sys.executable} can't run vLLM: it has no package vllm;")


def test_gpus_that_this_machine_does_not_show(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    plan = planned(data, "smoke", model="m", server_type="generic", server_entrypoint="true", server_gpus=8)
    assert found_here(plan).obstacles == ("--server_gpus=8, but this machine shows 2 GPUs (CUDA_VISIBLE_DEVICES=0,1).",)


def test_a_sandbox_that_cannot_be_built(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "livecodebench").mkdir()
    row: dict[str, Any] = {
        "id": "1",
        "problem": "?",
        "starter_code": "",
        "tests": [],
        "function": None,
        "date": "2024-09-01",
    }
    (data / "livecodebench/test_v6_2408_2505.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr("northstar.sandbox.tiers.find_bubblewrap", lambda: None)
    plan = planned(data, "livecodebench", **THERE, sandbox="bubblewrap", split="test_v6_2408_2505")
    (said,) = found_here(plan).obstacles
    assert said.startswith("cannot isolate programs that a model wrote (bubblewrap: bwrap is not installed")
