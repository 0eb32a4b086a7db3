"""The demo: problems of graded difficulty that nobody answers by luck."""

from __future__ import annotations

import json
import random
from collections import Counter
from importlib import resources
from typing import Any

import pytest

from northstar.benchmarks.smoke import BENCHMARK
from northstar.graders.extract import extract_by_regex
from northstar.graders.math.compare import same_answer

ROWS = [
    json.loads(line)
    for line in resources.files("northstar.benchmarks.smoke").joinpath("rows.jsonl").read_text().splitlines()
]
WORDS = [word for row in ROWS for word in row["problem"].rstrip(".?").replace('"', "").replace(":", "").split()]


def said(row: dict[str, Any]) -> str:
    r"""The expected answer as a model writes it: without the \text{} that keeps Kyoto from equalling Tokyo."""
    return str(row["expected_answer"]).removeprefix(r"\text{").removesuffix("}")


def is_right(row: dict[str, Any], text: str) -> bool:
    regex = BENCHMARK.grader.identity()["extract_regex"]
    found = extract_by_regex(text, regex)
    return found is not None and same_answer(row["expected_answer"], found)


def test_there_are_six_kinds_of_four() -> None:
    assert Counter(row["kind"] for row in ROWS) == dict.fromkeys(
        ("sum", "capital", "opposite", "plural", "copying", "choice"), 4
    )


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["kind"] not in ("copying", "choice")], ids=lambda r: r["id"]
)
def test_no_answer_stands_in_its_prompt(row: dict[str, Any]) -> None:
    assert said(row).casefold() not in row["problem"].casefold().replace("?", "").split()


def test_the_same_answer_for_every_problem_gets_one_of_24() -> None:
    assert max(Counter(row["expected_answer"] for row in ROWS).values()) == 1


def test_random_words_get_at_most_5_percent() -> None:
    draw = random.Random(1)
    texts = [[" ".join(draw.choices(WORDS, k=draw.randint(1, 12))) for _ in range(20)] for _ in ROWS]
    right = sum(is_right(row, text) for row, drawn in zip(ROWS, texts, strict=True) for text in drawn)
    assert right / (20 * len(ROWS)) <= 0.05


def test_answers_drawn_from_the_expected_ones_get_at_most_5_percent() -> None:
    answers = [said(row) for row in ROWS]
    right = sum(is_right(row, f"The answer is {answer}.") for row in ROWS for answer in answers)
    assert right / len(ROWS) ** 2 <= 0.05


@pytest.mark.parametrize(
    "text",
    [
        "Tokyo",
        "**Tokyo**",
        "The capital of Japan is Tokyo.",
        r"so \boxed{Tokyo}",
        "The capital is Tokyo.\nIt is big.",
        "\n\ntokyo",
    ],
)
def test_an_answer_is_the_last_word_of_the_first_line(text: str) -> None:
    assert is_right(next(row for row in ROWS if said(row) == "Tokyo"), text)


@pytest.mark.parametrize("text", ["Tokyo is big.", "It is Kyoto.", "", "okyoT"])
def test_another_word_is_wrong(text: str) -> None:
    assert not is_right(next(row for row in ROWS if said(row) == "Tokyo"), text)


@pytest.mark.parametrize(
    ("text", "right"), [("3 + 4 = 7", True), ("7.0", True), ("-7", False), ("17", False), ("0.7", False)]
)
def test_a_number_is_taken_whole(text: str, right: bool) -> None:
    assert is_right(ROWS[0], text) == right
