"""Rows that were written for the recordings, as `ns prepare_data` would have written them, and cluster configs."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def _sums(count: int) -> list[Row]:
    return [
        {"id": f"sum/{n}", "problem": f"What is {n} + {n * n}?", "expected_answer": str(n + n * n), "level": 1 + n % 2}
        for n in range(1, count + 1)
    ]


def _questions(names: tuple[str, ...], field: str) -> list[Row]:
    return [
        {
            "id": name,
            "problem": f"Which letter comes first in {name}?",
            "options": {"A": name[1], "B": name[0], "C": name[2]},
            "expected_answer": "B",
            field: ["Physics", "Biology"][place % 2],
        }
        for place, name in enumerate(names)
    ]


_WEATHER = {
    "name": "weather.now",
    "description": "The weather.",
    "parameters": {
        "type": "dict",
        "properties": {"city": {"type": "string", "description": "Where."}},
        "required": ["city"],
    },
}

ROWS: dict[str, list[Row]] = {
    "math-500/test": _sums(4),
    "aime24/test": _sums(2),
    "mine/test": _sums(2),
    "gpqa/diamond": _questions(("iron", "zinc", "gold"), "domain"),
    "mmlu-pro/test": _questions(("rain", "snow"), "category"),
    "hle/text": [
        {
            "id": f"q{n}",
            "problem": f"What is {n} + 2?",
            "expected_answer": f"the number {n + 2}",
            "answer_type": "exactMatch",
            "category": ["Math", "Physics"][n % 2],
        }
        for n in range(3)
    ],
    "bfcl_v3/test": [
        {
            "id": f"{category}_0",
            "category": category,
            "question": [[{"role": "user", "content": "How warm is it in Oslo?"}]],
            "function": [_WEATHER],
            **({"ground_truth": [{"weather.now": {"city": [city]}}]} if city else {}),
        }
        for category, city in (("simple", "Oslo"), ("multiple", "Bergen"), ("irrelevance", ""), ("live_relevance", ""))
    ],
    "scicode/test": [
        {
            "id": "1",
            "problem": "Add things.",
            "dependencies": "import numpy as np",
            "sub_steps": [
                {
                    "step": "1.1",
                    "description": "Add two numbers.",
                    "background": "Sums are old.",
                    "header": "def add(a, b):",
                    "return_line": "    return c",
                    "tests": ["assert add(1, 2) == 3"],
                }
            ],
        }
    ],
}
"""Benchmark and split → rows."""

PROGRAMS = {"doubled": "2\n", "tripled": "3\n", "halved": "0.5\n"}
"""Names of livecodebench's problems, and what is to be printed where 1 is read."""

OWN_BENCHMARK = """\
from northstar.data.source import HubFile
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="mine",
    about="Sums of my own",
    splits=Splits({"test": HubFile("me/sums", "test.jsonl", revision="main", to_row=lambda line, place: line)}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
"""
"""A benchmark outside of the package, as CONTRIBUTING tells how to write one."""

_CONFIGS = {
    "lab": """\
executor: slurm
account: lab
partition: main
cpu_partition: cpu
timeouts: {main: 04:00:00, cpu: 30}
gpus_per_node: 8
job_name_prefix: me-
required_env_vars: [LAB_KEY]
mounts: ['FOLDER/here:/workspace']
""",
    "images": """\
executor: slurm
partition: main
mounts: ['FOLDER/here:/workspace']
containers: {northstar: /images/northstar.sqsh, vllm: /images/vllm.sqsh}
""",
    "box": """\
executor: local
container_runtime: docker
containers: {northstar: me/northstar, generic: me/server}
interpreters: {northstar: PYTHON}
""",
    "far": """\
executor: slurm
partition: main
mounts: ['FOLDER/here:/workspace']
ssh_tunnel: {host: labcluster, user: me, job_dir: FOLDER/far}
interpreters: {northstar: PYTHON}
env_vars: [STAND_INS, NORTHSTAR_DATA_DIR]
""",
    "wrong": "executor: slrum\n",
}


def write_rows(data: Path) -> None:
    """All rows, in a data folder."""
    for name, rows in ROWS.items():
        _write(data / f"{name}.jsonl", rows)
    _write(data / "livecodebench/test_v6_2408_2505.jsonl", [_program(name, data) for name in PROGRAMS])
    (data.parent / "mine.py").write_text(OWN_BENCHMARK)


def write_configs(folder: Path, temporary: Path) -> None:
    """The cluster configs lab (Slurm), images (Slurm with containers), box (docker), far (by ssh), and a wrong one."""
    folder.mkdir()
    for name, text in _CONFIGS.items():
        (folder / f"{name}.yaml").write_text(text.replace("FOLDER", str(temporary)).replace("PYTHON", sys.executable))


def _program(name: str, data: Path) -> Row:
    """A problem of livecodebench, with its tests beside it."""
    file = f"livecodebench/tests/{name}.jsonl"
    _write(data / file, [{"input": "1\n", "output": PROGRAMS[name]}])
    content = (data / file).read_bytes()
    return {
        "id": name,
        "problem": f"Read a number; print it {name}.",
        "starter_code": "",
        "function": None,
        "difficulty": "easy",
        "tests": {"file": file, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
    }


def _write(file: Path, rows: list[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
