"""Which stated letter counts where a generation also answers the examples it was shown."""

from __future__ import annotations

import pytest

from northstar.graders.extract_choice import extract_choice

REASONING = (
    "We refer to Wikipedia articles on mechanics for help. The force is the mass times the acceleration, which makes "
    "5 N for a mass of 2.5 kg at 2 m/s². Friction can be left out here, as the table is said to be smooth. "
)
ANSWER_FIRST = [
    "The answer is (D).\n\nThe answers to the questions are:\n\n1. The answer is (I).\n"
    "2. The answer is (F).\n3. The answer is (C).",
    "The answer is (D).\n\nQuestion 1: The answer is (I).\nQuestion 2: The answer is (F).\n"
    "Question 3: The answer is (C).",
    "The answer is (D).\n\n**Question 1**: The answer is (I).\n\n**Question 2**: The answer is (F).",
    "The answer is (D).\n\nFor the first question, the answer is (I).\nFor the second question, the answer is (F).",
    "The answer is (D).\n\nThe answer to the first question is (I). The answer to the second question is (F).",
    "The answer is (D).\n\nThe answer to question 1 is (I).\nThe answer to question 2 is (F).\n"
    "The answer to question 3 is (C).",
    "The answer is (D).\n\nThe answer is (I).\n\nThe answer is (F).\n\nThe answer is (C).",
    "The answer is (D).\nThe answer is (I).\nThe answer is (F).\nThe answer is (C).",
    "The answer is (D). The answer is (I). The answer is (F). The answer is (C).",
    "The answer is (D).\n\nAnswer: I\nAnswer: F\nAnswer: C",
    "The answer is (D).\n\nAnswers:\n1. Answer: I\n2. Answer: F\n3. Answer: C",
    "The answer is (D).\n\nSo the final answers are:\n\n(1) The answer is (I).\n(2) The answer is (F).",
    "The answer is (D).\n\n1) The answer is (I). 2) The answer is (F). 3) The answer is (C).",
    "The answer is (D).\n\nHere is a summary of the answers to all the questions:\n\n"
    "The answer is (I).\nThe answer is (F).",
    "The answer is (D).\n\nQ1: The answer is (I)\nQ2: The answer is (F)",
    "The answer is (D).\n\n- Question 1: The correct answer is (I) 5 N.\n- Question 2: The correct answer is (F) 7 m.",
    "The answer is (D).\n\nQuestion: What is a virus made of?\nAnswer: The answer is (I).",
    "The answer is (D).\n\nExample 1: Answer: (I)\nExample 2: Answer: (F)\nExample 3: Answer: (C)",
    "The answer is (D).\n\nThe answers are: (I), (F), (C), (E), (D).",
    "The answer is (D).\n\nAnswer: (I), (F), (C), (E), (D).",
    "The answer is (D).\n\nThe answers to all the questions are:\n1. (I)\n2. (F)\n3. (C)",
    "The answer is (D).\n\nTherefore, the answers to the above questions are as follows:\n\n"
    "1. The answer is (I) Symbiosis.\n\n"
    "2. The answer is (F) Because of its colour.\n\n3. The answer is (C) All of the above.\n\n"
    "4. The answer is (B) 3.2.",
]
ANSWER_LAST = [
    "1. The answer is (I).\n2. The answer is (F).\n3. The answer is (C).\n4. The answer is (D).",
    "Here are the answers to the questions:\n\nThe answer is (I).\n\nThe answer is (F).\n\n"
    "The answer is (C).\n\nThe answer is (D).",
    "The answer is (I).\n\nThe answer is (F).\n\nThe answer is (C).\n\nThe answer is (D).",
    "Question 1: The answer is (I).\nQuestion 2: The answer is (F).\nQuestion 3: The answer is (D).",
    f"1. The answer is (I).\n2. The answer is (F).\n3. The answer is (C).\n\n{REASONING}The answer is (D).",
    f"The answer is (I).\nThe answer is (F).\nThe answer is (C).\n\n{REASONING}The answer is (D).",
    f"Question 1: The answer is (I).\nQuestion 2: The answer is (F).\n\n"
    f"For the last question: {REASONING}The answer is (D).",
    "For the first question, the answer is (I). For the second question, the answer is (F). For the last question, "
    "the answer is (D).",
    "The answer to the first question is (I).\nThe answer to the second question is (F).\n"
    "The answer to this question is (D).",
    "Answer: I\nAnswer: F\nAnswer: C\nAnswer: D",
    "The answers are:\n1. Answer: I\n2. Answer: F\n3. Answer: D",
    "The answer is (I) for the first question.\nThe answer is (F) for the second question.\n"
    "The answer is (D) for the third question.",
    "The answer is (I).\n\nThe answer is (F).\n\nThe answer is (C).\n\nTherefore, the answer is (D).",
    f"1. The answer is (I) Symbiosis.\n2. The answer is (F) All of them.\n\nQuestion 3: {REASONING}The answer is (D).",
]
CORRECTED = [
    "Answer: B. Wait, that is not so.\nAnswer: D",
    "Answer: B\n\nAnswer: D",
    "The answer is (B). Hmm, no. The answer is (C). Wait: the answer is (D).",
    "The answer is (B). Wait, no.\nThe answer is (C). Hmm, wrong.\nThe answer is (D).",
    f"The answer is (B). {REASONING}The answer is (C). {REASONING}The answer is (D).",
    "The answer is (B). So the answer is (C). Therefore the answer is (D).",
    "1. First guess: the answer is (B).\n2. On reflection, the answer is (D).",
    "The answer is (B).\n\nLet me double-check the question. Actually, the answer is (D).",
    f"The answer is (B).\n\nThe answers of the examples were:\n1. The answer is (I).\n"
    f"2. The answer is (F).\n\nWait. {REASONING}The answer is (D).",
    "The answer is (D).\n\nFinal answer: D\nAnswer: D\n\n**Answer: D**",
    "Step 1: we look at question 3 of the exam. The answer is (B). Step 2: this is wrong. The answer is (D).",
]


@pytest.mark.parametrize("text", ANSWER_FIRST)
def test_what_is_stated_before_a_list_counts(text: str) -> None:
    assert extract_choice(REASONING + text, "ABCDEFGHIJ") == "D"


@pytest.mark.parametrize("text", ANSWER_LAST)
def test_what_is_stated_after_a_list_or_at_its_end_counts(text: str) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") == "D"


@pytest.mark.parametrize("text", CORRECTED)
@pytest.mark.parametrize("before", ["", REASONING])
def test_a_correction_is_no_list(before: str, text: str) -> None:
    assert extract_choice(before + text, "ABCDEFGHIJ") == "D"


@pytest.mark.parametrize("count", range(3, 8))
@pytest.mark.parametrize("form", ["The answer is ({}).", "Answer: {}", "**The correct answer is {}.**"])
@pytest.mark.parametrize("label", ["{}. ", "Question {}: ", "({}) ", "Question {}\n", "### Question {}\n\n", ""])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_the_rule_holds_for_lists_of_any_length_and_form(count: int, form: str, label: str, between: str) -> None:
    letters = "IFCEBHG"[:count]
    listed = between.join(label.format(place) + form.format(letter) for place, letter in enumerate(letters, start=1))
    own = REASONING + form.format("D")
    assert extract_choice(f"{own}\n\n{listed}", "ABCDEFGHIJ") == "D"
    assert extract_choice(f"{listed}\n\n{own}", "ABCDEFGHIJ") == "D"
    assert extract_choice(listed, "ABCDEFGHIJ") == letters[-1]
