"""What of a judge's words is a verdict."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from northstar.core.records import Generation
from northstar.graders.judgement import NOTHING_TO_JUDGE, Judgement, read_label
from northstar.task.grader import SolverContext
from northstar.task.judge import CORRECT_OR_NOT, YES_OR_NO, Label, Labels

TIERS = Labels(
    (
        Label("correct", ("A",), 1.0),
        Label("incorrect", ("B",), 0.0),
        Label("partial", ("C", "partial answer", "partially correct"), 0.5),
        Label("not_attempted", ("D",), 0.0),
    ),
    unanswered="not_attempted",
    alone=True,
)


def read_judgement(text: str) -> bool | None:
    """Yes as True, no as False."""
    return {"yes": True, "no": False, None: None}[read_label(text)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("They agree.\nJudgement: Yes", True),
        ("They differ.\nJudgement: No", False),
        ("Judgment: yes", True),
        ("**Judgement:** No", False),
        ("**Judgement: Yes**", True),
        ("Judgement: **No**.", False),
        ("Judgement: \\boxed{Yes}", True),
        ("Judgement : No", False),
        ("Judgement: $\\boxed{\\text{No}}$", False),
        ("**Judgement**: `Yes`", True),
        ("## Judgement:\n\n**Yes**", True),
        ('"judgement": "no"', False),
        ("extracted_final_answer: 4\n\nreasoning: equal\n\ncorrect: yes\n\nconfidence: 90", True),
        ('{"extracted_final_answer": "4",\n "correct": "no"}', False),
        ("**correct**: No", False),
        ("correct: yes\nJudgement: No", False),
        ("Is it correct: yes, I think.", None),
        ("correct: maybe", None),
        ("Judgement: Yes\nNo, wait.\nJudgement: No", False),
        ("### Judgement\nYes", True),
        ("### Judgement\n\nNo.", False),
        ("They agree.\n\n**Judgement**\n\n**Yes**", True),
        ("**Judgment**\nNo", False),
        ("Judgement\nYes", True),
        ("## Final Judgement\r\n\r\n\\boxed{No}", False),
        ("## 2. Judgement\nYes, they agree.", True),
        ("Judgement：Yes", True),
        ("**Judgement**： **No**", False),
        ("Judgement：Ｎｏ", False),
        ("Judgement = Yes", True),
        ("Judgement - No", False),
        ("Judgement — Yes", True),
        ("<judgement>No</judgement>", False),
        ("{'judgement': 'yes'}", True),
        ("Judgement: Yes\n\n### Judgement\nNo", False),
        ("### Judgement\nNo\n\nJudgement: Yes", True),
        ("### Judgement\nNo difference can be seen.", None),
        ("### Judgement\nYesterday", None),
        ("### Judgement\nThey agree. Yes", None),
        ("A matter of judgement\nYes", None),
        ("Judgement: Yes/No", None),
        ("Judgement: yes or no", None),
        ("Yes", True),
        (" no.\n", False),
        ("**Yes**", True),
        ("Yes, they agree.", None),
        ("Judgement: Yesterday", None),
        ("Judgement: maybe", None),
        ("The judgement is hard", None),
        ("", None),
        ("Judgement: Yes\n\nJudgement: unsure", None),
        ("They agree.\n\nYes", None),
        ("Grade: A", None),
    ],
)
def test_the_last_verdict_counts_and_none_is_guessed(text: str, verdict: bool | None) -> None:
    assert read_judgement(text) is verdict


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A", "correct"),
        ("b", "incorrect"),
        ("Ｂ", "incorrect"),
        ("**C**", "partial"),
        ("(D)", "not_attempted"),
        ('"A"', "correct"),
        ("A.", "correct"),
        ("A: CORRECT", "correct"),
        ("CORRECT", "correct"),
        ("NOT_ATTEMPTED", "not_attempted"),
        ("Not attempted.", "not_attempted"),
        ("D: NOT ATTEMPTED", "not_attempted"),
        ("PARTIAL_ANSWER", "partial"),
        ("The two differ in the year.\n\nB", "incorrect"),
        ("B\n\nThe two differ in the year.", "incorrect"),
        ("Grade: B", "incorrect"),
        ("**Grade:** INCORRECT", "incorrect"),
        ("Final grade: A (CORRECT)", "correct"),
        ("Grade: A\nNo, the year differs.\nGrade: B", "incorrect"),
        ("Judgement: Not_Attempted", "not_attempted"),
        ("### Judgement\n\nPartially correct", "partial"),
        ('{"verdict": "CORRECT"}', "correct"),
        ('{"reason": "the same year", "verdict": "INCORRECT"}', "incorrect"),
        ("\\boxed{Correct}", "correct"),
        ("<thinking>\n4. **Conclusion:** Incorrect\n</thinking>\n\\boxed{Incorrect}", "incorrect"),
        ("INCORRECT, the year differs.", None),
        ("Grade: INCORRECT because the year differs", "incorrect"),
        ("Grade: A good answer", None),
        ("A good answer, I would say.", None),
        ("A: CORRECT\nB: INCORRECT\nC: PARTIAL_ANSWER\nD: NOT_ATTEMPTED", None),
        ("A\nB", None),
        ("A: INCORRECT", None),
        ("Grade: CORRECT or INCORRECT", None),
        ("Grade: A/B", None),
        ("Grade: A\n\nB", None),
        ("E", None),
        ("MOSTLY_CORRECT", None),
        ("Grade: mostly correct", None),
        ("Grade: not correct", None),
        ("Grade: A\n\nFinal grade: mostly correct", None),
        ("Yes", None),
        ("Judgement: Yes", None),
        ("正确", None),
        ("La respuesta es correcta.", None),
        ("It is correct.", None),
        ("", None),
    ],
)
def test_of_several_labels_the_one_that_is_stated_counts(text: str, label: str | None) -> None:
    assert read_label(text, TIERS) == label


@settings(max_examples=30)
@given(st.text())
def test_a_text_with_no_labels_word_states_none(text: str) -> None:
    assume(not re.search("correct", text, re.IGNORECASE))
    assert read_label(text, CORRECT_OR_NOT) is None


def test_a_label_says_what_it_counts() -> None:
    grades = [Judgement(TIERS).grade(text, "stop") for text in ("A", "C", "D", "Z")]
    assert grades == [
        {"judge_correct": True, "judge_label": "correct"},
        {"judge_correct": 0.5, "judge_label": "partial"},
        {"judge_correct": False, "judge_label": "not_attempted"},
        {"judge_correct": None, "judge_unparsed": True},
    ]


def test_no_answer_has_the_label_that_its_judge_gives_it() -> None:
    assert Judgement(TIERS).grade("", NOTHING_TO_JUDGE) == {"judge_correct": False, "judge_label": "not_attempted"}


def test_labels_that_share_a_word_are_refused() -> None:
    with pytest.raises(ValueError, match="must belong to one label"):
        Labels((Label("good", ("A",), 1.0), Label("bad", ("a",), 0.0)), unanswered="bad")


@given(st.text(), st.text(), st.booleans())
def test_in_any_text_the_verdict_at_the_end_counts(before: str, after: str, yes: bool) -> None:
    """Unless what comes after is one, too, or joins its word."""
    assume(not re.match(r"\w", after) and "judg" not in after.lower())
    assert read_judgement(f"{before}\nJudgement: {'Yes' if yes else 'No'}{after}") is yes


@given(st.text())
def test_a_text_that_says_neither_yes_nor_no_is_no_verdict(text: str) -> None:
    assume(not re.search("yes|no", text, re.IGNORECASE))
    assert read_judgement(f"Judgement: {text}") is None


@pytest.mark.parametrize("labels", [YES_OR_NO, TIERS], ids=["yes or no", "tiers"])
@pytest.mark.parametrize(
    "junk", [" ", "*", "\\text{", "judgement:", "judgement", "judgement: ", "Yes ", "A ", "grade: ", "\\boxed{", "\n"]
)
@pytest.mark.parametrize("before", ["", "Judgement", "Judgement:"])
def test_a_megabyte_is_read_in_linear_time(before: str, junk: str, labels: Labels) -> None:
    start = time.process_time()
    read_label(before + junk * (10**6 // len(junk)) + "x", labels)
    assert time.process_time() - start < 4  # a quadratic one takes hours


@pytest.mark.parametrize(
    ("generation", "grade"),
    [
        (Generation(generation="Judgement: Yes"), {"judge_correct": True}),
        (Generation(generation="hm"), {"judge_correct": None, "judge_unparsed": True}),
        (Generation(generation="", error="HTTP 400: no"), {"judge_correct": None, "judge_unparsed": True}),
        (Generation(generation="", finish_reason=NOTHING_TO_JUDGE), {"judge_correct": False}),
    ],
)
def test_what_cannot_be_read_is_not_called_wrong(generation: Generation, grade: dict[str, object]) -> None:
    solver_context = SolverContext(compute=None)  # type: ignore[arg-type]  # it computes nothing
    assert asyncio.run(Judgement()({}, generation, solver_context)) == grade
