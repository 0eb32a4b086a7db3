"""Records of the hub become rows; invented ones of the same shape."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks import hle
from northstar.benchmarks.choices import gpqa, mmlu_pro
from northstar.benchmarks.mathematics import aime24, aime25, math_500
from northstar.benchmarks.registry import find_benchmark
from northstar.compute.pool import ComputePool
from northstar.core.errors import UsageError
from northstar.core.records import Generation
from northstar.data.source import HubFile, PackagedFile
from northstar.graders.extract_choice import extract_choice
from northstar.task.grader import SolverContext


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


def test_aime24_drops_leading_zeros() -> None:
    assert aime24.to_row({"id": 60, "problem": "p", "answer": "025"}, 0)["expected_answer"] == "25"


def gpqa_line(record: str = "rec1", **fields: str) -> dict[str, str]:
    incorrect = {f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)}
    line = {"Record ID": record, "Question": " Which? ", "Correct Answer": " right\n", **incorrect}
    return {**line, "Subdomain": "s", "High-level domain": "d", "Writer's Difficulty Estimate": "hard", **fields}


def test_gpqa_shuffled_is_one_shuffle_a_row_of_three_wrong_choices_and_the_right_one() -> None:
    source = find_benchmark("gpqa").source("diamond-seed42")
    assert isinstance(source, HubFile)
    rows = [source.to_row(gpqa_line(f"rec{place}"), place) for place in range(3)]
    # random.seed(42), then random.shuffle(["wrong 1", "wrong 2", "wrong 3", "right"]) three times
    assert [" ".join(row["options"].values()) for row in rows if row] == [
        "wrong 3 wrong 2 right wrong 1",
        "right wrong 3 wrong 1 wrong 2",
        "wrong 2 right wrong 3 wrong 1",
    ]
    assert [row["expected_answer"] for row in rows if row] == ["C", "A", "B"]
    assert (source.path, source.facts["choice_shuffle_seed"]) == ("gpqa_diamond.csv", 42)


@pytest.mark.parametrize("split", ["diamond-seed", "diamond-seedx", "diamnd-seed42", "seed42"])
def test_gpqa_names_its_splits_where_there_is_none_of_a_name(split: str) -> None:
    with pytest.raises(UsageError, match=r"has no split .*It has diamond, main, extended, and each with its options"):
        find_benchmark("gpqa").source(split)


def test_gpqa_keeps_the_question_the_lettered_choices_and_the_right_letter() -> None:
    row = gpqa.to_row(gpqa_line(), 0)
    assert (row["id"], row["problem"], sorted(row["options"])) == ("rec1", "Which?", ["A", "B", "C", "D"])
    assert sorted(row["options"].values()) == ["right", "wrong 1", "wrong 2", "wrong 3"]
    assert row["options"][row["expected_answer"]] == "right"
    assert (row["subdomain"], row["domain"], row["difficulty"]) == ("s", "d", "hard")


def test_gpqa_shuffles_a_row_the_same_way_for_ever() -> None:
    assert list(gpqa.to_row(gpqa_line("rec1"), 0)["options"].values()) == ["wrong 1", "wrong 3", "right", "wrong 2"]
    assert gpqa.to_row(gpqa_line("rec1"), 197) == gpqa.to_row(gpqa_line("rec1"), 0)


def test_gpqa_shuffles_by_its_seed() -> None:
    orders = {tuple(gpqa.to_row(gpqa_line(), 0, seed)["options"].values()) for seed in range(50)}
    assert len(orders) > 12  # of 24


def test_gpqa_has_its_right_answers_at_every_letter_equally() -> None:
    letters = [gpqa.to_row(gpqa_line(f"rec{n}"), n)["expected_answer"] for n in range(4000)]
    assert all(900 < letters.count(letter) < 1100 for letter in "ABCD")


def test_a_row_of_gpqa_without_a_record_id_is_named_by_its_question() -> None:
    assert gpqa.to_row(gpqa_line(""), 0)["id"] == gpqa.to_row(gpqa_line("  "), 5)["id"] != ""


def test_gpqa_records_its_seed() -> None:
    sources = [source for source in gpqa.BENCHMARK.splits.named.values() if isinstance(source, HubFile)]
    assert len(sources) == len(gpqa.BENCHMARK.splits.named)
    assert {source.facts["choice_shuffle_seed"] for source in sources} == {42}


def mmlu_pro_line(**fields: Any) -> dict[str, Any]:
    line = {"question_id": 7, "question": "Which? ", "options": [" x", "y", "z "], "answer": "B", "answer_index": 1}
    return {**line, "cot_content": "", "category": "law", "src": "s", **fields}


def test_mmlu_pro_has_as_many_letters_as_options_and_no_telling_spaces() -> None:
    assert mmlu_pro.to_row(mmlu_pro_line(), 0) == {
        "id": 7,
        "problem": "Which?",
        "options": {"A": "x", "B": "y", "C": "z"},
        "expected_answer": "B",
        "category": "law",
        "src": "s",
    }


def test_mmlu_pro_leaves_out_options_that_only_fill_up() -> None:
    row = mmlu_pro.to_row(mmlu_pro_line(options=["x", "y", "N/A", "N/A"]), 0)
    assert row["options"] == {"A": "x", "B": "y"}


@pytest.mark.parametrize("wrong", [{"answer": "C"}, {"answer_index": 2}, {"answer": "J", "answer_index": 9}])
def test_an_answer_of_mmlu_pro_that_contradicts_itself_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="question_id 7 has the answer"):
        mmlu_pro.to_row(mmlu_pro_line(**wrong), 0)


def hle_line(**fields: Any) -> dict[str, Any]:
    line = {"id": "h1", "question": "Which?", "image": "", "answer": "7", "answer_type": "exactMatch", "canary": "c"}
    return {**line, "rationale": "so", "raw_subject": "Logic", "category": "Math", "image_preview": None, **fields}


def test_hle_keeps_neither_image_nor_canary() -> None:
    assert hle.to_row(hle_line(), 0) == {
        "id": "h1",
        "problem": "Which?",
        "expected_answer": "7",
        "answer_type": "exactMatch",
        "category": "Math",
        "subject": "Logic",
        "rationale": "so",
    }


def test_rows_of_hle_with_an_image_are_in_no_split() -> None:
    line = hle_line(image="data:image/png;base64,AAAA")
    assert [split for split, source in hle.BENCHMARK.splits.named.items() if hub_row(source, line) is not None] == []


@pytest.mark.parametrize(("split", "category"), hle.CATEGORIES.items())
def test_a_row_of_hle_is_in_text_and_in_its_category(split: str, category: str) -> None:
    line = hle_line(category=category)
    assert {name for name, source in hle.BENCHMARK.splits.named.items() if hub_row(source, line)} == {"text", split}


def hub_row(source: object, line: dict[str, Any]) -> object:
    assert isinstance(source, HubFile)
    return source.to_row(line, 0)


@pytest.mark.shared_data
@pytest.mark.slow
def test_every_option_of_the_real_mmlu_pro_is_read_as_its_letter(shared_data: Path) -> None:
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        rows = [mmlu_pro.to_row(json.loads(line), place) for place, line in enumerate(lines)]
    asked = [(row, letter, text) for row in rows for letter, text in row["options"].items()]
    for row, letter, text in asked:
        for ending in (f"{row['problem']}\nThe answer is ({letter}).", f"The answer is ({letter}) {text}"):
            assert extract_choice(ending, list(row["options"])) == letter
        assert extract_choice(f"**Answer: {letter}. {text}**", list(row["options"])) == letter
    assert (len(rows), len(asked)) == (12032, 113966)


def test_every_answer_of_smoke_is_graded_as_right_when_given_in_a_box() -> None:
    smoke = find_benchmark("smoke")
    source = smoke.splits.named["test"]
    assert isinstance(source, PackagedFile)
    rows = [json.loads(line) for line in source.file.read_text().splitlines()]

    async def grade_all() -> list[object]:
        async with ComputePool(1) as pool:
            bench = SolverContext(compute=pool)
            answers = [Generation(generation=f"So \\boxed{{{row['expected_answer']}}}.") for row in rows]
            return [(await smoke.grader(r, a, bench))["symbolic_correct"] for r, a in zip(rows, answers, strict=True)]

    assert len(rows) == 24
    assert all(asyncio.run(grade_all()))
