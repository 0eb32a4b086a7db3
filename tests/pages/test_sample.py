"""A record becomes a page."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.pages.extracted import place_of
from northstar.pages.sample import OWN_FIELDS, shown_sample
from northstar.pages.verdict import Verdict, verdict_of_record

RECORD: dict[str, Any] = {
    "id": 1,
    "problem": "What is 2 + 3?",
    "expected_answer": "5",
    "generation": r"It is \(\boxed{5}\).",
    "reasoning": "Two and three.",
    "finish_reason": "stop",
    "num_generated_tokens": 7,
    "predicted_answer": "5",
    "symbolic_correct": True,
    "domain": "sums",
}


def page(**fields: Any) -> str:
    return str(shown_sample(RECORD | fields, title="aime24").html())


def test_a_sample_shows_the_problem_the_folded_reasoning_the_answer_and_the_reference() -> None:
    html = page()
    order = [html.index(text) for text in ("extracted", "reference", "What is 2", "<details", "Two and three", "It is")]
    assert order == sorted(order)


def test_what_was_extracted_is_marked_with_how() -> None:
    assert '<mark class="extracted" title="taken for the answer: the last box">' in page()


def test_a_program_that_was_extracted_has_a_section_of_its_own() -> None:
    program = "def f():\n    return 1"
    html = page(generation=f"```python\n{program}\n```", predicted_answer=None, completion=program)
    assert "<summary>Extracted</summary>" in html
    assert '<mark class="extracted" title="taken for the answer: the last place where it is written">def f' in html


def test_the_prompt_is_what_was_asked_where_it_is_known() -> None:
    html = str(shown_sample(RECORD, title="", messages=[("system", "Be brief."), ("user", "2+3?")]).html())
    assert html.index("Be brief.") < html.index("2+3?")
    assert "What is 2" not in html


def test_the_judge_s_words_are_shown() -> None:
    html = page(judgement="They agree. Judgement: Yes", judge="o3", judge_correct=True)
    assert "Judge o3: right" in html
    assert "They agree." in html


def test_a_judge_of_pairs_says_which_share_was_won() -> None:
    assert "Judge o3: won 100%" in page(judgement="[[B&gt;&gt;A]]", judge="o3", judge_correct=1.0)
    assert "Judge o3: won 0%" in page(judgement="[[A&gt;&gt;B]]", judge="o3", judge_correct=0.0)


def test_tool_calls_show_arguments_and_results() -> None:
    step = {"turn": 0, "generation": "", "tool_calls": [{"name": "add", "arguments": '{"a": 2}'}], "results": ["5"]}
    html = page(steps=[step])
    assert "Tool call: add" in html
    assert "Result" in html


def test_tests_that_failed_are_shown() -> None:
    assert "<strong>test 3</strong>: timeout" in page(first_failed_test=3, status="timeout", test_error="too slow")


def test_steps_that_failed_are_shown() -> None:
    status = [{"step": "1.1", "process_status": "completed"}, {"step": "1.2", "process_status": "error", "error": "no"}]
    html = page(eval_status=status)
    assert "step 1.2" in html
    assert "step 1.1" not in html


@pytest.mark.parametrize("field", ["id", "error", "judge", "checker_error", "finish_reason", "status", "x" * 1_000_000])
def test_no_field_makes_the_page_long(field: str) -> None:
    assert len(page(**{field: "long" * 1_000_000, "test_error": "no", "judge_correct": False})) < 60_000


def test_a_conversation_is_shown_by_its_messages() -> None:
    turns = [[{"role": "user", "content": "Book it."}], [{"role": "user", "content": "And pay."}]]
    html = page(problem=None, question=turns)
    assert html.index("Book it.") < html.index("And pay.")
    assert "content" not in html


@pytest.mark.parametrize(
    "value",
    ["<script>alert(1)</script>", ["<b>"], {"<b>": "<i>"}, None, 1e308, -1, True, "\ud800", [[]], {"a": [None]}],
)
@pytest.mark.parametrize(
    "field",
    [
        *(
            "id",
            "problem",
            "options",
            "expected_answer",
            "generation",
            "reasoning",
            "finish_reason",
            "predicted_answer",
        ),
        *(
            "steps",
            "turns",
            "tool_calls",
            "judgement",
            "judge",
            "eval_status",
            "test_error",
            "checker_message",
            "error",
        ),
        *("num_generated_tokens", "generation_start_time", "symbolic_correct", "first_failed_test", "domain"),
    ],
)
def test_no_record_breaks_the_page_or_gets_out_of_it(field: str, value: object) -> None:
    html = page(**{field: value})
    assert not any(tag in html for tag in ("<script", "<b>", "<i>"))
    assert html.encode()


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, Verdict.RIGHT),
        ({"symbolic_correct": False}, Verdict.WRONG),
        ({"symbolic_correct": False, "predicted_answer": None}, Verdict.NO_ANSWER),
        ({"symbolic_correct": False, "predicted_answer": None, "finish_reason": "length"}, Verdict.CUT_OFF),
        ({"symbolic_correct": False, "predicted_answer": None, "error": "refused"}, Verdict.ERROR),
        ({"judge_correct": True, "symbolic_correct": False}, Verdict.RIGHT),
        ({"symbolic_correct": None, "problem_accuracy": 0.5}, Verdict.PARTLY),
        ({"symbolic_correct": None}, Verdict.UNGRADED),
    ],
)
def test_the_verdict_on_a_record(fields: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of_record(RECORD | fields) is verdict


def test_an_answer_that_is_in_no_box_is_marked_where_it_is_written_last() -> None:
    found = place_of("B or C? I say C, surely. CCC", "C")
    assert found is not None
    assert (found.span.start, found.how) == (14, "the last place where it is written")


def test_an_answer_that_is_nowhere_is_not_marked() -> None:
    assert place_of("one half", "1/2") is None


@pytest.mark.parametrize("name", benchmark_names())
def test_no_score_of_a_benchmark_is_taken_for_a_field_of_its_row(name: str) -> None:
    assert set(find_benchmark(name).metrics.scores) <= OWN_FIELDS


@pytest.mark.parametrize(
    ("text", "answer"), [("1" * 5_000_000, "1"), ("A" * 5_000_000, "A"), ("a" * 5_000_000, "a" * 1000)]
)
def test_an_answer_inside_a_word_is_not_looked_for_without_end(text: str, answer: str) -> None:
    begun = process_time()
    assert place_of(text, answer) is None
    assert process_time() - begun < 0.3
