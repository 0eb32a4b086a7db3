"""Records of mathematical benchmarks become rows: references come from their solutions, as numbers or formulas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.benchmarks import matharena
from northstar.benchmarks.mathematics import aime25, beyond_aime, gsm8k, math
from northstar.core.records import Row
from northstar.data.source import Line


@pytest.mark.shared_data
def test_each_real_row_of_gsm8k_has_a_number_and_a_solution_without_the_calculators_marks(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k/test.jsonl").read_text().splitlines()
    rows = [gsm8k.to_row(json.loads(line), place) for place, line in enumerate(lines)]
    assert (len(rows), rows[0]["expected_answer"]) == (1319, "18")
    assert not [row for row in rows if "<<" in row["reference_solution"] or "," in row["expected_answer"]]


@pytest.mark.shared_data
def test_the_references_of_math_that_are_in_math_500_are_the_same(shared_data: Path) -> None:
    lines = [json.loads(line) for line in (shared_data / "math-500/test.jsonl").read_text().splitlines()]
    made = [math.to_row({**line, "type": line["subject"]}, 0, subject="any")["expected_answer"] for line in lines]
    assert made == [line["answer"] for line in lines]


@pytest.mark.parametrize("answer", ["So it is 5.", "#### five", "####"])
def test_an_answer_of_gsm8k_without_a_number_is_an_error(answer: str) -> None:
    with pytest.raises(ValueError, match="no number after ####"):
        gsm8k.to_row({"question": "?", "answer": answer}, 0)


def test_a_solution_of_math_without_a_box_is_an_error() -> None:
    line = {"problem": "?", "level": "Level 1", "type": "Algebra", "solution": "It is 5."}
    with pytest.raises(ValueError, match="no boxed answer"):
        math.to_row(line, 0, subject="algebra")


@pytest.mark.parametrize("to_row", [matharena.to_row, beyond_aime.to_row, aime25.to_row])
def test_a_problem_without_an_answer_is_an_error(to_row: Callable[[Line, int], Row | None]) -> None:
    with pytest.raises((TypeError, ValueError)):
        to_row({"problem_idx": 1, "problem": "?", "answer": None}, 0)


def test_an_answer_of_matharena_may_be_a_number_or_a_text_and_no_list() -> None:
    line = {"problem_idx": 1, "problem": "?"}
    assert [matharena.to_row({**line, "answer": answer}, 0)["expected_answer"] for answer in (7, " x ")] == ["7", "x"]
    with pytest.raises(TypeError, match="its answer is a list"):
        matharena.to_row({**line, "answer": ["7"]}, 0)
