"""Records of the hub become rows; invented ones of the same shape."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from northstar.benchmarks import aime24, aime25, math_500
from northstar.benchmarks.registry import find_benchmark
from northstar.data.source import PackagedFile
from northstar.engine.compute_pool import ComputePool
from northstar.graders.grader import Workbench
from northstar.records import Generation


def test_math_500() -> None:
    line = {
        "problem": "p",
        "solution": "s",
        "answer": "1",
        "subject": "Algebra",
        "level": 2,
        "unique_id": "test/1",
    }
    row = math_500.to_row(line, 0)
    assert (row["id"], row["problem"], row["expected_answer"]) == ("test/1", "p", "1")


def test_aime25() -> None:
    assert aime25.to_row({"id": "3", "problem": "p", "answer": 70}, 0) == {
        "id": "3",
        "problem": "p",
        "expected_answer": "70",
    }


@pytest.mark.parametrize("line", [{"solution": "\\boxed{204}"}, {"answer": 204, "solution": "long"}])
def test_aime24_takes_the_box_of_a_solution_or_an_answer(line: dict[str, Any]) -> None:
    assert aime24.to_row({"id": 60, "problem": "p", **line}, 0)["expected_answer"] == "204"


def test_every_answer_of_smoke_is_graded_as_right_when_given_in_a_box() -> None:
    import json

    smoke = find_benchmark("smoke")
    source = smoke.splits["test"]
    assert isinstance(source, PackagedFile)
    rows = [json.loads(line) for line in source.file.read_text().splitlines()]

    async def grade_all() -> list[object]:
        async with ComputePool(1) as pool:
            bench = Workbench(compute=pool)
            answers = [Generation(generation=f"So \\boxed{{{row['expected_answer']}}}.") for row in rows]
            return [(await smoke.grader(r, a, bench))["symbolic_correct"] for r, a in zip(rows, answers, strict=True)]

    assert len(rows) == 24
    assert all(asyncio.run(grade_all()))
