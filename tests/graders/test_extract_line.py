r"""The short answer that stands on a line of its own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.graders.extract_line import extract_line


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: 5", "5"),
        ("answer: 5.", "5"),
        ("Answer: 5...", "5..."),
        ("Exact Answer: 5", "5"),
        ("Final answer: 5", "5"),
        ("The final answer: 5", "5"),
        ("Explanation: It is.\nAnswer: In 1867\nConfidence: 70%", "In 1867"),
        ("Answer: In 1867, Confidence: 70%", "In 1867"),
        ("Answer: 5 **Confidence:** 70%", "5"),
        ("**Answer:** 5", "5"),
        ("**Answer**: 5", "5"),
        ("**Answer: 5**", "5"),
        ("### Final Answer: **5**", "5"),
        ("- Answer: `5`", "5"),
        ("Answer: $5$.", "5"),
        (r"Answer: \(x^2\)", "x^2"),
        (r"Answer: \[ x^2 \]", "x^2"),
        ("Answer: $a$ and $b$", "$a$ and $b$"),
        (r"Answer: $\boxed{5}$", "5"),
        ("Answer:\n\n  5\n", "5"),
        ("Answer: 4\nNo.\nAnswer: 5", "5"),
        ("Answer: 5\nAnswer:", "5"),
        (r"\boxed{4}" + "\nAnswer: 5", "5"),
        (r"so it is \boxed{5}", "5"),
        ("Answer:\n\\[\n5\n\\]", "5"),
        ("Answer:\n\n\\[\n\\frac{1}{2}\n\\]\n\nConfidence: 70%", "\\frac{1}{2}"),
        ("**Answer:**\n\n\\[\n  x = 5.\n\\]\n", "x = 5"),
        ("Answer: \\[\n5\n\\]", "5"),
        ("Answer:\n$$\n5\n$$", "5"),
        ("Answer: $$\n5\n$$\nConfidence: 70%", "5"),
        ("Answer:\n$$5$$", "5"),
        ("Answer:\n\\[\n\\boxed{5}\n\\]", "5"),
        ("Answer:\n\\begin{equation*}\n5\n\\end{equation*}", "5"),
        ("Answer:\n\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"),
        ("Answer:\n```\n5\n```", "5"),
        ("Answer:\n```python\nprint(5)\n```\nConfidence: 70%", "print(5)"),
        ("Answer:\n\\[\n5", "\\["),  # never closed
        ("Answer: $$a$$ and $$b$$", "$$a$$ and $$b$$"),
        ("### Answer\n5", "5"),
        ("### Answer\n\n**5**\n", "5"),
        ("## Final Answer\n5\n\n## Confidence\n70%", "5"),
        ("**Answer**\n\n5", "5"),
        ("**Final Answer**\n\n\\[\n5\n\\]", "5"),
        ("__Answer__\n5", "5"),
        ("**Answer:**\n\n5", "5"),
        ("### Answer ###\n5", "5"),
        ("Final Answer\n5", "5"),
        ("Answer\n5", "5"),
        ("2. **Answer:** 5\n3. **Confidence:** 70%", "5"),
        ("### Answer\nIt follows.\n\n**Answer: 5**", "5"),
        ("It has no good\nanswer\n5", None),
        ("It is prime. Answer: 5 Confidence: 70%", "5"),
        ("Explanation: It is prime. Answer: 5 Confidence: 70%", "5"),
        ("Explanation: It is prime Answer: 5 Confidence: 70%", "5"),
        ("Explanation: It is. **Answer:** 5 **Confidence:** 70%", "5"),
        ("So it is $x$. Exact Answer: 5", "5"),
        ("It is. Answer: 4\nAnswer: 5", "5"),
        ("Answer: 5\nIt is. Answer: 4", "5"),  # a line of its own comes first
        ("Answer: 5 (Confidence: 70%)", "5"),
        ("Answer: 5 | Confidence: 70%", "5"),
        ("Answer: 5 — Confidence: 70%", "5"),
        ("Answer: 5; Confidence level: 70%", "5"),
        ("Answer: confidence interval", "confidence interval"),
        ("Answer: *args", "*args"),
        ("Answer: **kwargs", "**kwargs"),
        ("Answer:*args", "*args"),
        ("**Answer:** *args", "*args"),
        ("**Answer: *args**", "*args"),
        ("Answer: `*args`", "*args"),
        ("Answer: __init__", "__init__"),
        ("Answer: _x", "_x"),
        ("Answer: *5*", "5"),
        ("Answer:**5**", "5"),
        ("**Answer:**5", "5"),
        ("Answer：5", "5"),
        ("Answer:\nConfidence: 70%", None),
        ("I can't answer: too hard", None),
        ("The answer is 5", None),
        ("", None),
    ],
)
def test_the_last_answer_line_else_the_last_box(text: str, answer: str | None) -> None:
    assert extract_line(text) == answer


@given(st.text(alphabet="Answer: \n*$.\\(){}boxed5Confidence"))
def test_any_text_has_an_answer_from_within_or_none(text: str) -> None:
    answer = extract_line(text)
    assert answer is None or (answer and answer in text)


@pytest.mark.parametrize("junk", ["*", "_ ", " ", "\n", "$", "Answer: ", "Answer:\n", "Answer: *\n", "Confidence:"])
def test_a_megabyte_is_read_in_linear_time(junk: str) -> None:
    start = time.process_time()
    extract_line("Answer: " + junk * (10**6 // len(junk)) + "x")
    assert time.process_time() - start < 4  # a quadratic one takes minutes
