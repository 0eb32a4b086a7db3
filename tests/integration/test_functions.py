"""HumanEval and MBPP through the whole path: prepared from a hub and a release, asked, tested, summed up."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.conftest import Ns
from tests.file_server import FileServer, serving_files
from tests.integration.conftest import Prepare
from tests.mock_server import Behaviour, serving

COLUMNS = "num_entries | avg_tokens | gen_seconds | passing_base_tests | passing_plus_tests"
MINE = """
from dataclasses import replace
from northstar.benchmarks.programs.{module} import BENCHMARK as THEIRS, ROWS
from northstar.graders.functions.plus import {release}, with_inputs_of
from northstar.task.benchmark import Splits
FILES = tuple(replace(file, sha256=None) for file in ROWS.files)
INPUTS = with_inputs_of(replace({release}, sha256="{sha256}"))
BENCHMARK = replace(THEIRS, splits=Splits({{"test": replace(ROWS, files=FILES, finishing=INPUTS)}}))
"""
MBPP = [
    {
        "task_id": 2,
        "code": "def shared(one, other):\r\n  return tuple(set(one) & set(other))",
        "prompt": "Write a function to find the shared elements from the given two tuples.",
        "source_file": "Benchmark Questions Verification V2.ipynb",
        "test_imports": ["import math"],
        "test_list": [
            "assert shared((3, 4), (4, math.inf)) == (4,)",
            "assert set(shared((1, 2), (2, 1))) == set((1, 2))",
        ],
        "test": "",
    },
    {
        "task_id": 3,
        "code": "def half(n):\r\n  return n / 2",
        "prompt": "Write a python function to halve a number.",
        "source_file": "Benchmark Questions Verification V2.ipynb",
        "test_imports": [],
        "test_list": ["assert half(2) == 1", "assert half(3) == 1.5"],
        "test": "",
    },
]


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving_files() as files:
        monkeypatch.setenv("NORTHSTAR_GITHUB_ENDPOINT", files.address)
        yield files


def mine(folder: Path, github: FileServer, module: str, release: str, asset: str, tasks: list[dict[str, Any]]) -> Path:
    """The benchmark with these further inputs, and rows whose checksum is another one."""
    content = gzip.compress("".join(json.dumps(task) + "\n" for task in tasks).encode())
    github.files[f"/evalplus/{asset}"] = content
    text = MINE.format(module=module, release=release, sha256=hashlib.sha256(content).hexdigest())
    (folder / "mine.py").write_text(text)
    return folder / "mine.py"


def put(hub: Path, path: str, rows: list[dict[str, Any]]) -> None:
    (hub / path).parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), hub / path)


def evaluated(ns: Ns, name: str, answer: Callable[[str], str], out: Path, extra: Path) -> str:
    async def run() -> str:
        async with serving(Behaviour(answer=lambda prompt, _: answer(prompt), record=False)) as server:
            words = (
                f"--benchmarks={name}",
                f"--output_dir={out}",
                f"--server_address={server.address}",
                "--model=mock",
            )
            done = await asyncio.to_thread(ns, "eval", *words, f"--extra_benchmarks={extra}")
            assert done.returncode == 0, done.stderr
            return done.stdout

    return asyncio.run(run())


def records(out: Path, name: str) -> dict[str, dict[str, Any]]:
    lines = (out / f"eval-results/{name}/output.jsonl").read_text().splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


def test_human_eval_is_asked_tested_and_summed_up(
    ns: Ns, prepare: Prepare, hub: Path, github: FileServer, shared_data: Path, data_dir: Path, tmp_path: Path
) -> None:
    content = gzip.decompress((shared_data / "human-eval/HumanEval.jsonl.gz").read_bytes())
    rows = [json.loads(line) for line in content.splitlines()[:8]]
    put(hub, "openai/openai_humaneval/openai_humaneval/test-00000-of-00001.parquet", rows)
    tasks = [row | {"atol": 0, "base_input": [], "plus_input": []} for row in rows]
    tasks[2]["plus_input"] = [[3.5], [1.25]]  # of truncate_number
    asset = "humanevalplus_release/releases/download/v0.1.10/HumanEvalPlus.jsonl.gz"
    extra = mine(tmp_path, github, "human_eval", "HUMAN_EVAL_PLUS", asset, tasks)
    done = prepare("human-eval", f"--extra_benchmarks={extra}")
    assert (done.returncode, "human-eval: 8 rows in" in done.stdout) == (0, True), done.stderr

    def answer(prompt: str) -> str:
        row = next(row for row in rows if row["prompt"].strip() in prompt)
        code = row["prompt"] + row["canonical_solution"]
        if row["entry_point"] == "truncate_number":
            code = "def truncate_number(number):\n    return 0.5 if number == 1.25 else number % 1.0\n"
        if row["entry_point"] == "below_zero":
            code = row["prompt"] + "    return None\n"
        return f"So:\n```python\n{code}```\n"

    shown = evaluated(ns, "human-eval", answer, tmp_path / "out", extra)
    assert COLUMNS in shown
    found = records(tmp_path / "out", "human-eval")
    assert {name for name, record in found.items() if not record["passing_base_tests"]} == {"HumanEval/3"}
    assert {name for name, record in found.items() if not record["passing_plus_tests"]} == {
        "HumanEval/2",
        "HumanEval/3",
    }
    assert found["HumanEval/2"]["test_error"] == "input 2: another result"


def test_mbpp_is_asked_tested_and_summed_up(
    ns: Ns, prepare: Prepare, hub: Path, github: FileServer, data_dir: Path, tmp_path: Path
) -> None:
    put(hub, "evalplus/mbppplus/data/test-00000-of-00001-d5781c9c51e02795.parquet", MBPP)
    inputs: dict[int, list[Any]] = {2: [[[1, 1, 5], [1, 5]]], 3: [[5], [0.5]]}
    tasks = [
        {
            "task_id": f"Mbpp/{row['task_id']}",
            "prompt": f'"""\n{row["prompt"]}\n"""\n',
            "canonical_solution": row["code"],
            "entry_point": {2: "shared", 3: "half"}[int(str(row["task_id"]))],
            "atol": 0,
            "base_input": [],
            "plus_input": inputs[int(str(row["task_id"]))],
        }
        for row in MBPP
    ]
    asset = "mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz"
    extra = mine(tmp_path, github, "mbpp", "MBPP_PLUS", asset, tasks)
    done = prepare("mbpp", f"--extra_benchmarks={extra}")
    assert (done.returncode, "mbpp: 2 rows in" in done.stdout) == (0, True), done.stderr

    def answer(prompt: str) -> str:
        if "shared(" in prompt:  # of tuples alone, in another order
            body = "    assert isinstance(one, tuple)\n    return tuple(sorted({*one} & {*other}))\n"
            return f"```python\ndef shared(one, other):\n{body}```"
        return "```python\ndef half(n):\n    return n / 2 if n > 1 else 0\n```"

    assert COLUMNS in evaluated(ns, "mbpp", answer, tmp_path / "out", extra)
    found = records(tmp_path / "out", "mbpp")
    assert [found["Mbpp/2"][name] for name in ("passing_base_tests", "passing_plus_tests")] == [True, True]
    assert [found["Mbpp/3"][name] for name in ("passing_base_tests", "passing_plus_tests")] == [True, False]
