"""What of a judge's words is a verdict."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from northstar.core.records import Generation
from northstar.graders.judgement import NOTHING_TO_JUDGE, Judgement, read_judgement
from northstar.task.grader import SolverContext


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
    ],
)
def test_the_last_verdict_counts_and_none_is_guessed(text: str, verdict: bool | None) -> None:
    assert read_judgement(text) is verdict


@given(st.text(), st.text(), st.booleans())
def test_in_any_text_the_verdict_at_the_end_counts(before: str, after: str, yes: bool) -> None:
    """Unless what comes after is one, too, or joins its word."""
    assume(not re.match(r"\w", after) and "judg" not in after.lower())
    assert read_judgement(f"{before}\nJudgement: {'Yes' if yes else 'No'}{after}") is yes


@given(st.text())
def test_a_text_that_says_neither_yes_nor_no_is_no_verdict(text: str) -> None:
    assume(not re.search("yes|no", text, re.IGNORECASE))
    assert read_judgement(f"Judgement: {text}") is None


@pytest.mark.parametrize("junk", [" ", "*", "\\text{", "judgement:", "judgement", "judgement: ", "Yes ", "\n"])
@pytest.mark.parametrize("before", ["", "Judgement", "Judgement:"])
def test_a_megabyte_is_read_in_linear_time(before: str, junk: str) -> None:
    start = time.process_time()
    read_judgement(before + junk * (10**6 // len(junk)) + "x")
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
