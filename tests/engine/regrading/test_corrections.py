"""A file of corrected reference answers is read strictly: a wrong one would change a number in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.core.records import Row
from northstar.engine.regrading.corrections import check_answers, fingerprint, read_answers

ROWS: dict[str | int, Row] = {
    "alpha-1": {"expected_answer": "3"},
    7: {"expected_answer": "B", "options": {"A": "a", "B": "b"}},
    "code": {},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"id": "a", "expected_answer": "1/2"}', {"a": "1/2"}),
        ('{"id": 7, "expected_answer": 12}\n\n{"id": "7", "expected_answer": 0.5}\n', {7: "12", "7": "0.5"}),
        ('\ufeff{"id": "a", "expected_answer": "é"}\n', {"a": "é"}),
    ],
)
def test_answers_are_texts_or_numbers_by_the_rows_id(file: Path, text: str, found: dict[str | int, str]) -> None:
    file.write_text(text)
    assert read_answers(file) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no answer"),
        ("[1]", "line 1: it should be"),
        ('{"id": "a"}', "line 1: it should be"),
        ('{"id": "a", "expected_answer": "1"}\n{"id": "a", "expected_answer": "2"}', "line 2: the row 'a' has an ans"),
        ('{"id": "a", "expected_answer": null}', "line 1: it should be"),
        ('{"id": "a", "expected_answer": true}', "line 1: it should be"),
        ('{"id": "a", "expected_answer": " "}', "line 1: the answer of row 'a' is empty"),
        ('{"id": "a", "expected_answer": "1", "answer": "2"}', "line 1: it should be"),
        ("[" * 100_000, "line 1: it should be"),
    ],
)
def test_anything_else_is_refused_with_its_line(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError) as refusal:
        read_answers(file)
    assert said in str(refusal.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(UsageError, match=r"--answers=.* cannot be read: No such file"):
        read_answers(file)
    with pytest.raises(NorthstarError, match="is a folder"):
        read_answers(file.parent)


def test_rows_that_are_not_there_are_named_with_the_nearest(file: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        check_answers(file, {"alpha-2": "1", "7": "A"}, ROWS, "mine")
    assert str(refusal.value) == (
        f"--answers: {file} has 2 rows that mine has not: 'alpha-2', '7'. Did you mean alpha-1?"
    )


def test_a_letter_that_is_no_option_is_refused(file: Path) -> None:
    with pytest.raises(UsageError, match="says 'C' for row 7 of mine, whose options are A, B"):
        check_answers(file, {7: "C"}, ROWS, "mine")
    check_answers(file, {7: "A"}, ROWS, "mine")


def test_a_row_without_a_reference_answer_takes_none(file: Path) -> None:
    with pytest.raises(UsageError, match="mine is not graded by an expected_answer"):
        check_answers(file, {"code": "1"}, ROWS, "mine")


def test_the_same_answers_in_another_order_are_the_same() -> None:
    assert fingerprint({"a": "1", 2: "3"}) == fingerprint({2: "3", "a": "1"}) != fingerprint({"2": "3", "a": "1"})
