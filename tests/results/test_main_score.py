"""The main score of an output: what decides how many seeds are asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.registry import find_benchmark
from northstar.core.errors import NorthstarError
from northstar.metrics.answers import AnswerMetrics
from northstar.results.main_score import read_main_score

RIGHT = AnswerMetrics("symbolic_correct")


def written(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "output-rs0.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


def test_it_is_a_column_with_the_tokens_that_it_cost(tmp_path: Path) -> None:
    mean, tokens = read_main_score(
        written(
            tmp_path,
            {"id": 1, "generation": "x", "symbolic_correct": True, "num_generated_tokens": 7},
            {"id": 2, "generation": "y", "symbolic_correct": False, "num_generated_tokens": None},
        ),
        RIGHT,
    )
    assert (mean.values.tolist(), mean.weights, tokens) == ([[1.0], [0.0]], None, 7)


def test_of_scicode_it_is_the_share_of_problems(tmp_path: Path) -> None:
    metrics = find_benchmark("scicode", ()).metrics
    assert metrics.weight is not None
    problem, share = metrics.scores
    lines = [
        {"id": 1, problem: True, share: 1.0, metrics.weight: 3},
        {"id": 2, problem: False, share: 0.5, metrics.weight: 2},
    ]
    mean, _ = read_main_score(written(tmp_path, *lines), metrics)
    assert mean.values.tolist() == [[1.0], [0.0]]


def test_of_bfcl_it_is_the_overall_accuracy_in_which_rows_count_by_their_category(tmp_path: Path) -> None:
    metrics = find_benchmark("bfcl_v3", ()).metrics
    assert metrics.subset is not None
    lines = [
        {"id": 1, metrics.scores[0]: True, metrics.subset: "simple"},
        {"id": 2, metrics.scores[0]: False, metrics.subset: "simple"},
    ]
    mean, _ = read_main_score(written(tmp_path, *lines), metrics)
    assert mean.values.tolist() == [[1.0], [0.0]]
    assert mean.weights is not None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1}', r"output-rs0\.jsonl, line 2: .*symbolic_correct"),
        ('{"id": 1, "symbolic_correct": 2.0}', "has a symbolic_correct that is not between 0 and 1"),
        ("{", r"output-rs0\.jsonl, line 2"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, {"id": 0, "symbolic_correct": True})
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(NorthstarError, match=said):
        read_main_score(file, RIGHT)


def test_an_empty_output_is_named(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="holds no record"):
        read_main_score(written(tmp_path), RIGHT)
