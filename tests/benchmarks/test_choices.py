"""Records of multiple-choice benchmarks become rows; wrong answers of MMLU are corrected or left out."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.benchmarks.choices import mmlu, mmlu_redux, mmmlu, supergpqa
from northstar.graders.extract_choice import extract_choice

CHOICES = ["x", "y", "z", "w"]


def redux(error: str, correction: str | None = None, choices: list[str] = CHOICES) -> dict[str, Any]:
    line = {"question": "Which?", "choices": choices, "answer": 0, "error_type": error, "source": None}
    return {**line, "correct_answer": correction, "potential_reason": None}


def answer(line: dict[str, Any], split: str) -> str | None:
    row = mmlu_redux.to_row(line, 0, subject="virology", split=split)
    return None if row is None else str(row["expected_answer"])


ERRORS = ["no_correct_answer", "multiple_correct_answers", "bad_question_clarity", "bad_options_clarity", "expert"]


@pytest.mark.parametrize("split", ["test", "ok", "all"])
def test_good_questions_are_in_every_split(split: str) -> None:
    assert answer(redux("ok"), split) == "A"


@pytest.mark.parametrize("error", ERRORS)
def test_questions_without_one_right_answer_are_in_the_split_of_all_alone(error: str) -> None:
    assert [answer(redux(error, "C"), split) for split in ("test", "ok", "all")] == [None, None, "A"]


@pytest.mark.parametrize("correction", ["2", "C", "c", " Z "])
def test_a_wrong_answer_is_corrected_by_position_letter_or_text(correction: str) -> None:
    line = redux("wrong_groundtruth", correction)
    assert [answer(line, split) for split in ("test", "ok", "all")] == ["C", None, "A"]


@pytest.mark.parametrize(
    ("correction", "choices"),
    [
        (None, CHOICES),
        ("", CHOICES),
        ("4", CHOICES),
        ("x or y", CHOICES),
        ("2", ["1", "2", "3", "4"]),
        ("x", ["x"] * 4),
    ],
)
def test_a_correction_that_names_no_option_or_several_leaves_the_question_out(
    correction: str | None, choices: list[str]
) -> None:
    assert answer(redux("wrong_groundtruth", correction, choices), "test") is None


def test_mmlu_names_its_choices_by_letters() -> None:
    row = mmlu.to_row({"question": "Which?", "subject": "virology", "choices": CHOICES, "answer": 3}, 5)
    assert (row["id"], row["expected_answer"], row["options"]["D"], row["subject"]) == ("5", "D", "w", "virology")


@pytest.mark.parametrize("wrong", [{"answer": 4}, {"answer": -1}, {"choices": ["x"]}])
def test_an_answer_of_mmlu_without_its_choice_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="choices and the answer"):
        mmlu.to_row({"question": "Which?", "subject": "virology", "choices": CHOICES, "answer": 3, **wrong}, 5)


def test_an_answer_of_supergpqa_that_is_no_option_is_an_error() -> None:
    line = {"uuid": "u", "question": "Which?", "options": CHOICES, "answer_letter": "E", "discipline": "Law"}
    with pytest.raises(ValueError, match="u has the answer 'E' among 4 options"):
        supergpqa.to_row({**line, "field": "Law", "subfield": "Law", "difficulty": "hard"}, 0)


def test_an_answer_of_mmmlu_that_is_no_letter_is_an_error() -> None:
    line = {"": "0", "Question": "Welche?", **dict(zip("ABCD", CHOICES, strict=True)), "Answer": "", "Subject": "law"}
    with pytest.raises(ValueError, match="its answer is ''"):
        mmmlu.to_row(line, 0, locale="DE-DE")


OFFICIAL = """
Answer : | উত্তর : | उत्तर : | উত্তরঃ | Antwort : | 답변 : | 정답 : | 답 : |
答案 ： | 答案 : | 答 ： | 答 : | 答复 ： | 答曰 ： |
الإجابة: | الجواب: | إجابة: | الإجابة النهائية: | الإجابة الصحيحة: | الإجابة الصحيحة هي: | الإجابة هي: |
الجواب النهائي: |
Respuesta : | Risposta : | 答え : | 答え ： | 回答 : | 回答 ： | 解答 : | Jawaban : | Réponse : | Resposta : | Jibu : |
Idahun : | Ìdáhùn : | Idáhùn : | Àmọ̀nà : | Àdáhùn : | Ànúgọ : | Àṣàyàn :
"""
"""The words for an answer that the official grader of MMMLU knows (simple-evals, common.py)."""


@pytest.mark.parametrize("word", [word.strip() for word in OFFICIAL.split("|")])
@pytest.mark.parametrize("letter", ["B", "Ｂ"])
def test_an_answer_of_mmmlu_is_read_after_each_word_that_the_official_grader_knows(word: str, letter: str) -> None:
    assert extract_choice(f"…\n\n{word} {letter}", "ABCD") == "B"
    assert extract_choice(f"…\n\n{word.replace(' :', ':').replace(' ：', '：')} {letter}", "ABCD") == "B"


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        *zip(["الإجابة: أ", "الإجابة: ب", "الجواب: ج", "الجواب: د"], "ABCD", strict=True),
        *zip(["উত্তর: অ", "উত্তর: ব", "উত্তরঃ ড", "উত্তরঃ ঢ"], "ABCD", strict=True),
    ],
)
def test_letters_of_other_scripts_are_those_that_the_official_grader_maps(said: str, letter: str) -> None:
    assert extract_choice(said, "ABCD") == letter
