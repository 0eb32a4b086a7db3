r"""The letter that a generation chooses, as a table of endings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from northstar.graders.extract_choice import extract_choice

BOXED = [
    (r"\boxed{C}", "C"),
    (r"\boxed{c}", "C"),
    (r"So it is $\boxed{C}$.", "C"),
    (r"\[ \boxed{ C } \]", "C"),
    (r"\boxed{(C)}", "C"),
    (r"\boxed{[C]}", "C"),
    (r"\boxed{C.}", "C"),
    (r"\boxed{C)}", "C"),
    (r"\boxed{C:}", "C"),
    (r"\boxed{C. 5 m}", "C"),
    (r"\boxed{C) 5 m}", "C"),
    (r"\boxed{(C) 5 m}", "C"),
    (r"\boxed{C: \frac{1}{2}}", "C"),
    (r"\boxed{C – nitrogen}", "C"),
    (r"\boxed{\text{C}}", "C"),
    (r"\boxed{\text{(C)}}", "C"),
    (r"\boxed{\text{C. nitrogen}}", "C"),
    (r"\boxed{\text{C}) 5}", "C"),
    (r"\boxed{\text{(C) } 5 \text{ m}}", "C"),
    (r"\boxed{C\text{. nitrogen}}", "C"),
    (r"\boxed{\textbf{C}}", "C"),
    (r"\boxed{\textbf{(C)}\ 5}", "C"),
    (r"\boxed{\mathrm{C}}", "C"),
    (r"\boxed{\mathbf{C}}", "C"),
    (r"\boxed{\mathsf{(C)}}", "C"),
    (r"\boxed{\bf C}", "C"),
    (r"\boxed{\left(C\right)}", "C"),
    (r"\boxed{$C$}", "C"),
    (r"\boxed{**C**}", "C"),
    (r"\boxed C", "C"),
    (r"\fbox{C}", "C"),
    (r"\\boxed{C}", "C"),
    (r"\boxed{\boxed{C}}", "C"),
    (r"\boxed{\text{Answer: C}}", "C"),
    (r"\boxed{\text{The answer is (C)}}", "C"),
    (r"\boxed{A} no, \boxed{C}", "C"),
    (r"\boxed{C}, which is \boxed{5\ \mathrm{m}}", "C"),
    (r"The answer is (A). \boxed{C}", "C"),
    (r"\boxed{C}. The answer is (A).", "C"),  # boxes come first
    (r"F = \boxed{K}, so the answer is (C).", "C"),  # K is none of the options, and an answer follows
    (r"The answer is (C). \boxed{K}", None),
    (r"\boxed{K}", None),
    (r"\boxed{5}", None),
    (r"\boxed{}", None),
    (r"\boxed{x}", None),
    (r"\boxed{C = 5}", None),
    (r"\boxed{C + D}", None),
    (r"\boxed{C_2}", None),
    (r"\boxed{C^2}", None),
    (r"\boxed{C \approx 5}", None),
    (r"\boxed{A, C}", None),
    (r"\boxed{A and C}", None),
    (r"\boxed{\text{A and C}}", None),
    (r"\boxed{\text{A} \text{ and } \text{C}}", None),
    (r"\boxed{A \text{ or } C}", None),
    (r"\boxed{(A), (C)}", None),
    (r"\boxed{\text{A bit}}", None),
    (r"\boxed{AC}", None),
    (r"\boxed{5}, that is, Answer: C", "C"),
]

STATED = [
    ("Answer: C", "C"),
    ("Answer: C\n", "C"),
    ("Answer: C.", "C"),
    ("Answer:C", "C"),
    ("Answer : C", "C"),
    ("answer: c", "C"),
    ("answer: a", "A"),
    ("ANSWER: C", "C"),
    ("Answer：C", "C"),
    ("Answer: （C）", "C"),
    ("Answer = C", "C"),
    ("Answer - C", "C"),
    ("Answer — C", "C"),
    ("Answer: (C)", "C"),
    ("Answer: (c)", "C"),
    ("Answer: [C]", "C"),
    ("Answer: {C}", "C"),
    ("Answer: <C>", "C"),
    ("Answer: ( C )", "C"),
    ("Answer: C)", "C"),
    ("Answer: C) nitrogen", "C"),
    ("Answer: C. nitrogen", "C"),
    ("Answer: C: nitrogen", "C"),
    ("Answer: C, nitrogen", "C"),
    ("Answer: C - nitrogen", "C"),
    ("Answer: C – nitrogen", "C"),
    ("Answer: C—nitrogen", "C"),
    ("Answer: C (nitrogen)", "C"),
    ("Answer: (C) nitrogen", "C"),
    ("Answer: (C) I think", "C"),
    ("Answer: C, I think", "C"),
    ("Answer: 'C'", "C"),
    ('Answer: "C"', "C"),
    ("Answer: “C”", "C"),
    ("Answer: `C`", "C"),
    ("Answer: **C**", "C"),
    ("Answer: *C*", "C"),
    ("Answer: __C__", "C"),
    ("Answer: _C_", "C"),
    ("Answer: **C** nitrogen", "C"),
    ("Answer: **(C)** nitrogen", "C"),
    ("Answer: **C. nitrogen**", "C"),
    ("Answer: **(C) nitrogen**", "C"),
    ("**Answer: C**", "C"),
    ("**Answer:** C", "C"),
    ("**Answer**: C", "C"),
    ("**Answer:** **C**", "C"),
    ("***Answer: (C)***", "C"),
    ("__Answer:__ C", "C"),
    ("### Answer: C", "C"),
    ("> Answer: C", "C"),
    ("- Answer: C", "C"),
    ("Answer: $C$", "C"),
    ("Answer: $ C $", "C"),
    ("Answer: $$C$$", "C"),
    (r"Answer: \(C\)", "C"),
    (r"Answer: \[ C \]", "C"),
    (r"Answer: \text{C}", "C"),
    (r"Answer: $\text{C}$", "C"),
    (r"Answer: $\text{(C)}$", "C"),
    (r"Answer: \textbf{C}", "C"),
    (r"Answer: $\mathbf{C}$.", "C"),
    (r"Answer: $\mathrm{(C)}\ 5$", "C"),
    (r"Answer: \boxed{C", "C"),
    ("Answer: Option C", "C"),
    ("Answer: option (C)", "C"),
    ("Answer: choice C.", "C"),
    ("Answer: The answer is C", "C"),
    ("Answer:\nC", "C"),
    ("Answer:\n\n**C**", "C"),
    ("## Final Answer\n\nC", "C"),
    ("**Final answer**\n(C) nitrogen", "C"),
    ("Final answer: C", "C"),
    ("FINAL ANSWER: C", "C"),
    ("My answer: C", "C"),
    ("Correct answer: C", "C"),
    ("Answer: C</s>", "C"),
    ("Answer: C<|im_end|>", "C"),
    ("Answer: C\r\nConfidence: 90%", "C"),
    ('{"answer": "C"}', "C"),
    ("The answer is (C).", "C"),
    ("The answer is C.", "C"),
    ("The answer is C", "C"),
    ("the answer is c.", "C"),
    ("the answer is (c).", "C"),
    ("the answer is\n(C).", "C"),
    ("The answer is: C", "C"),
    ("The answer is:\n\n(C) nitrogen", "C"),
    ("The answer is (C) True, False.", "C"),
    ("The answer is (C): True, True.", "C"),
    ("The answer is (C). The answer is 90.0 mL.", "C"),
    ("The answer is **C**.", "C"),
    ("The answer is **(C) nitrogen**.", "C"),
    ("The answer is C because it is heavier", "C"),
    ("The answer is C, because it is heavier", "C"),
    ("The answer is C since A is wrong", "C"),
    ("The answer is (C) and the others are wrong.", "C"),
    ("The answer is option C.", "C"),
    ("The answer is the option (C).", "C"),
    ("So the answer is therefore (C).", "C"),
    ("The answer, therefore, is (C).", "C"),
    ("The answer is most likely C.", "C"),
    ("The answer is probably (C).", "C"),
    ("The answer would be (C).", "C"),
    ("The answer must be C!", "C"),
    ("The correct answer is C.", "C"),
    ("The correct answer is option C.", "C"),
    ("The correct answer is:\n\n**C. nitrogen**", "C"),
    ("The correct answer to this question is (C).", "C"),
    ("the best answer is **C**", "C"),
    ("The correct answer choice is (C).", "C"),
    ("The correct option is (C).", "C"),
    ("The best choice is C.", "C"),
    ("The right choice: C", "C"),
    ("The answer is (A). No: the answer is (C).", "C"),
    ("Answer: A\nOn reflection,\nAnswer: C", "C"),
    ("Answer: C\n\nI hope that a reader finds it useful.", "C"),
    ("The answer is not (A). The answer is (C).", "C"),
    ("Answer: C. If the answer is A then 5 is prime.", "C"),
    ("Answer: C. An incorrect answer is A.", "C"),
    ("Answer: C. It is not the correct answer: A", "C"),
    ("Answer: C) -i", "C"),
    ("Answer: C - H.L.A. Hart", "C"),
    ("It is right unless\nThe answer is (C).", "C"),
    ("First, let us answer A. The answer is (C).", "C"),
]

NONE = [
    ("", None),
    ("C", None),
    ("(C)", None),
    ("Option C", None),
    ("I choose C.", None),
    ("C is correct.", None),
    ("The answer is a bit involved.", None),
    ("The answer is A bit involved.", None),
    ("The answer is a *linear* function", None),
    ("The answer is a linear function.", None),
    ("The answer is a by-product of it.", None),
    ("Answer: A man walks", None),
    ("Answer: I think so", None),
    ("The answer is I believe nitrogen.", None),
    ("Answer: I'm not sure", None),
    ("The answer is B cells.", None),
    ("The answer is D-glucose.", None),
    ("The answer is C-14 dating.", None),
    ("The answer is Dopamine.", None),
    ("The answer is carbon.", None),
    ("The answer is A's brother.", None),
    ("Answer: C4", None),
    ("Answer: C.5", None),
    ("Answer: C = 5", None),
    ("Answer: C_2", None),
    ("Answer: C++", None),
    ("Answer: N/A", None),
    ("Answer: A/B", None),
    ("Answer: A, C", None),
    ("Answer: A and C", None),
    ("Answer: (A) and (C)", None),
    ("Answer: A, B, and C.", None),
    ("Answer: A or C", None),
    ("Answer: **A** and **C**", None),
    ("Answer: A & C", None),
    ("Answer: A - C", None),
    ("Answer: (i) and (iii)", None),
    ("The answer is (A) or (B).", None),
    ("The answer is not C.", None),
    ("The answer isn't C.", None),
    ("The answer is either A or C.", None),
    ("What is the answer, A or C?", None),
    ("Is the answer C?", None),
    ("If the answer is C, then", None),
    ("Suppose that the answer is (C).", None),
    ("The incorrect answer is C.", None),
    ("Answer: K", None),
    ("The answer is (E).", None),
    ("Answer: A. On reflection, Answer: E", None),  # what is stated last counts, though it is no option
    ("Answer:", None),
    ("Answer: ", None),
    ("The answer is", None),
    ("Answer: the third one", None),
    ("Answer: None of the above", None),
    ("answers: see C", None),
    ("Swanswer: C", None),
]

RUN_ON = [
    ("The answer is (C).\n\nQuestion:\nWhat?\nOptions:\nA. x\nB. y\nAnswer: Let's think. The answer is (A).", "C"),
    ("Answer: C\n\nQuestion: What?\nA. x\nB. y\nAnswer: A\n\nQuestion: What?\nA. x\nB. y\nAnswer: B", "C"),
    ("\\boxed{C}\n\n**Question 2:** What?\n(A) x\n(B) y\n\\boxed{A}", "C"),
    ("The answer is (C).\n\nQuestion:\nWhat?\nOptions:\nA. x\nB. y\nAnswer: \\boxed{A}", "C"),
    ("Question: What?\nA. x\nB. y\n\nIt is y.\nAnswer: C", "C"),  # the question at hand, repeated
    ("Answer: A\nQuestion: is it? No.\nAnswer: C", "C"),  # no options: a question that the model asks itself
]


@pytest.mark.parametrize(("text", "letter"), [*BOXED, *STATED, *NONE, *RUN_ON])
def test_the_letter_of_an_ending(text: str, letter: str | None) -> None:
    assert extract_choice(text, "ABCD") == letter


@pytest.mark.parametrize(("text", "letter"), [*STATED, *RUN_ON])
def test_reasoning_before_an_ending_changes_nothing(text: str, letter: str | None) -> None:
    reasoning = "Option A says 5 N, B says 7 N. A force of $F = ma$ needs a mass; I would answer with D, but no.\n\n"
    assert extract_choice(reasoning + text, "ABCD") == letter


def test_the_table_is_as_long_as_was_asked() -> None:
    assert len({text for text, _ in [*BOXED, *STATED, *NONE, *RUN_ON]}) >= 150


def test_letters_may_be_a_list_and_as_many_as_the_row_has() -> None:
    assert extract_choice("The answer is (J).", list("ABCDEFGHIJ")) == "J"
    assert extract_choice("The answer is (J).", list("ABCDEFGHI")) is None
    assert extract_choice("The answer is (J).", "") is None


@pytest.mark.slow
@pytest.mark.shared_data
def test_on_all_rows_of_mmlu_pro_the_stated_letter_is_found_whatever_text_stands_beside_it(shared_data: Path) -> None:
    endings = ["The answer is ({}).", "The answer is ({}) {}.", "Answer: {}. {}", "**The answer is: {}) {}**"]
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) == 12_032
    for row in rows:
        options = [text.strip() for text in row["options"]]
        reasoning = f"{row['question']} It may be {'; '.join(options)}.\n\n"
        letter, option = row["answer"], options[row["answer_index"]]
        ending = endings[row["question_id"] % len(endings)].format(letter, option)
        assert extract_choice(reasoning + ending, "ABCDEFGHIJ"[: len(options)]) == letter, (row["question_id"], ending)
