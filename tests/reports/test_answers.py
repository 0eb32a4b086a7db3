"""Why generations hold no answer, as their records have it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.reports.answers import Generated, Judged, Reason, Tally, is_blank, text_key
from northstar.reports.no_answers import judge_warning_of, warning_of
from northstar.reports.notes import judge_notes, notes_of

CALL = [{"id": "1", "name": "f", "arguments": "{}"}]


def read(**record: Any) -> Generated:
    return msgspec.json.decode(msgspec.json.encode(record), type=Generated)


def tally(*records: dict[str, Any], calls_count: bool = False) -> Tally:
    counted = Tally()
    for record in records:
        counted.count(read(**record), calls_count=calls_count)
    return counted


def notes(*records: dict[str, Any], settings: dict[str, Any] | None = None) -> list[str]:
    return notes_of(tally(*records), settings or {}, {"model": "big"})


@pytest.mark.parametrize(
    ("record", "reason", "missing"),
    [
        ({"generation": "5", "finish_reason": "stop"}, None, 0),
        ({"generation": "5", "finish_reason": None}, Reason.UNKNOWN_ENDING, 0),
        ({"generation": "5", "finish_reason": ""}, Reason.UNKNOWN_ENDING, 0),
        ({"generation": "5"}, None, 0),
        ({"generation": "5", "reasoning": "so", "finish_reason": "stop"}, None, 0),
        ({"generation": "", "finish_reason": "stop"}, Reason.EMPTY, 1),
        ({"generation": " \n\t\u00a0", "finish_reason": "stop"}, Reason.EMPTY, 1),
        ({"generation": "", "finish_reason": "content_filter"}, Reason.WITHHELD, 1),
        ({"generation": "", "finish_reason": "SAFETY"}, Reason.WITHHELD, 1),
        ({"generation": "I can't", "finish_reason": "refusal"}, Reason.REFUSED, 0),
        ({"generation": "", "finish_reason": "refusal"}, Reason.REFUSED, 1),
        ({"generation": "It", "finish_reason": "content_filter"}, Reason.WITHHELD, 0),
        *(
            ({"generation": "", "finish_reason": reason}, Reason.UNUSABLE, 1)
            for reason in ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "malformed_tool_use")
        ),
        ({"generation": "", "reasoning": "It is 5", "reasoning_unfinished": True}, Reason.REASONING_ALONE, 1),
        ({"generation": "", "reasoning_unfinished": True, "end_not_found": True}, Reason.END_NOT_FOUND, 1),
        (
            {"generation": "", "reasoning": "so", "reasoning_unfinished": True, "finish_reason": "MAX_TOKENS"},
            Reason.REASONING_CUT,
            1,
        ),
        ({"generation": "", "finish_reason": "length"}, Reason.CUT_BEFORE_TEXT, 1),
        ({"generation": "It", "finish_reason": "max_tokens"}, Reason.CUT_OFF, 0),
        ({"generation": "", "tool_calls": CALL, "finish_reason": "tool_calls"}, Reason.CALLS_ALONE, 1),
        ({"generation": "5", "finish_reason": "wandered_off"}, Reason.UNKNOWN_ENDING, 0),
        ({"generation": "", "error": "HTTP 400: no", "finish_reason": "error"}, Reason.ERROR, 1),
        ({"generation": "", "error": "HTTP 400: was filtered (content_filter)"}, Reason.WITHHELD, 1),
        ({"generation": "", "error": "HTTP 400: no (DataInspectionFailed)"}, Reason.WITHHELD, 1),
        ({"generation": "It", "error": "cut at the end", "out_of_context": True}, Reason.CONTEXT, 1),
        ({"generation": "", "finish_reason": "nothing to judge"}, None, 0),
    ],
)
def test_each_generation_is_counted_by_its_reason(record: dict[str, Any], reason: Reason | None, missing: int) -> None:
    counted = tally(record)
    assert (dict(counted.reasons), counted.missing, counted.total) == (
        {} if reason is None else {reason: 1},
        missing,
        1,
    )


def test_where_calls_are_asked_they_are_answers() -> None:
    assert not tally({"generation": "", "tool_calls": CALL}, calls_count=True).reasons


def test_a_generation_of_several_answers_lacks_one_where_all_of_them_do() -> None:
    empty, good = {"name": "1.1", "generation": ""}, {"name": "1.2", "generation": "x = 5", "finish_reason": "stop"}
    assert tally({"generation": "import numpy", "turns": [empty, empty]}).missing == 1
    partly = tally({"generation": "import numpy", "turns": [good, empty]})
    assert (partly.missing, dict(partly.reasons)) == (0, {Reason.EMPTY: 1})
    assert tally({"generation": "", "steps": [{"generation": "", "turn": 0}]}).reasons == {Reason.EMPTY: 1}


@pytest.mark.parametrize(
    ("record", "settings", "message"),
    [
        ({"generation": ""}, {}, "are empty: the server sent no text"),
        ({"generation": "", "finish_reason": "content-filter"}, {}, "(content-filter 1)"),
        (
            {"generation": "", "error": "HTTP 400: was filtered (content_filter)"},
            {},
            "withheld by the server's filter, and are graded as received (HTTP 400: was filtered "
            "(content_filter) 1). Ask whoever runs the server",
        ),
        (
            {"generation": "", "error": "HTTP 400: max_completion_tokens is too large: 9. It supports at most 8"},
            {},
            "lower ++inference.tokens_to_generate. Once the cause is gone, --rerun_done asks again.",
        ),
        ({"generation": "", "finish_reason": "length"}, {}, "++inference.tokens_to_generate"),
        ({"generation": "", "reasoning": "so", "reasoning_unfinished": True}, {}, "--reasoning-parser"),
        (
            {"generation": "", "reasoning": "so", "reasoning_unfinished": True, "end_not_found": True},
            {"parse_reasoning": True, "end_reasoning_string": "</seed:think>"},
            "have no '</seed:think>' and so no answer under ++parse_reasoning=True",
        ),
        (
            {"generation": "", "reasoning": "so", "reasoning_unfinished": True, "end_not_found": True},
            {},
            "have no '</think>' and so no answer, though",
        ),
        (
            {"generation": "", "reasoning": "so", "reasoning_unfinished": True, "finish_reason": "length"},
            {"parse_reasoning": True},
            "cut off in their reasoning, and have no answer. Raise ++inference.tokens_to_generate",
        ),
        ({"generation": "", "tool_calls": CALL}, {}, "--tool-call-parser"),
        ({"generation": "5", "finish_reason": "wandered_off"}, {}, "(wandered_off 1)"),
        ({"generation": "5", "finish_reason": "[7]"}, {}, "([7] 1)"),
        ({"generation": "5", "finish_reason": None}, {}, "came without a finish reason"),
        ({"generation": "", "error": "too long", "out_of_context": True}, {}, "++context_overflow=reduce_generation"),
        ({"generation": "5", "answered_by": "small"}, {}, "another model than the first, 'big': 'small' 1."),
        ({"generation": "5", "system_fingerprint": "fp_2"}, {}, "'fp_2' 1"),
    ],
)
def test_a_note_says_how_many_why_and_what_to_do(
    record: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    (note,) = notes(record, {"generation": "5"}, settings=settings)
    assert note.startswith("1 of 2 generations (50.0 %) ")
    assert message in note


def test_errors_are_told_by_their_kind_which_their_numbers_do_not_make() -> None:
    errors = [f"HTTP 400: you asked for {tokens} tokens" for tokens in (4120, 5000, 6000)]
    (note,) = notes(*({"generation": "", "error": error} for error in errors))
    assert "(HTTP 400: you asked for 4120 tokens)" in note
    (note,) = notes(*({"generation": "", "error": error} for error in [*errors, "HTTP 403: no"]))
    assert "(3 times: HTTP 400: you asked for 4120 tokens; once: HTTP 403: no)" in note


def test_numbers_without_any_answer_behind_them_are_warned_of() -> None:
    warning = warning_of(tally({"generation": ""}, {"generation": "", "error": "no"}))
    assert warning.startswith("NO ANSWERS: none of the 2 generations has an answer (1 errors, 1 empty). ")
    assert warning_of(tally({"generation": ""}, {"generation": "5"})) == ""
    assert warning_of(Tally()) == ""


def judged(*records: dict[str, Any]) -> Tally:
    counted = Tally()
    for record in records:
        counted.count(msgspec.json.decode(msgspec.json.encode(record), type=Judged), calls_count=False)
    return counted


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"judgement": "", "error": "HTTP 500: no"}, "Once the cause is gone, ns judge … --rerun_done judges anew."),
        (
            {"judgement": "", "error": "too long", "out_of_context": True},
            "exceed the judge's context, and count as not correct (too long). Lower "
            "--extra_judge_args='++inference.tokens_to_generate=…', use "
            "--extra_judge_args='++context_overflow=reduce_generation', or",
        ),
        (
            {"judgement": "", "reasoning": "hm", "reasoning_unfinished": True, "finish_reason": "length"},
            "Raise --extra_judge_args='++inference.tokens_to_generate=…' (and the judge's context, if that is the "
            "limit); ns judge … --rerun_done judges anew.",
        ),
        (
            {"judgement": "", "reasoning": "hm", "reasoning_unfinished": True, "end_not_found": True},
            "Set its end by --extra_judge_args='++end_reasoning_string=…'",
        ),
        ({"judgement": "", "finish_reason": "stop"}, "--tool-call-parser in --judge_server_args); ns judge …"),
        ({"judgement": "I can't", "finish_reason": "refusal"}, "one that names no verdict counts as not correct. "),
        ({"judgement": "Yes", "answered_by": "small"}, "than the first, 'o3': 'small' 1."),
        ({"judgement": "Yes", "answered_by": "small"}, "ns judge … --rerun_done judges anew."),
    ],
)
def test_notes_on_a_judge_say_what_helps_with_it_and_set_no_generation_aside(
    record: dict[str, Any], message: str
) -> None:
    (note,) = judge_notes(judged(record, {"judgement": "Yes"}), "j", {}, {"model": "o3"})
    assert note.startswith("judge j: 1 of 2 judgements (50.0 %) ")
    assert message in note
    assert "--dry_run" not in note  # ns judge has none
    assert "rerun_done" not in note.replace("ns judge … --rerun_done", "")


def test_verdicts_without_any_judgement_behind_them_are_warned_of() -> None:
    unasked = {"judgement": "", "finish_reason": "nothing to judge"}
    warning = judge_warning_of(judged({"judgement": ""}, unasked))
    assert warning.startswith("NO ANSWERS: none of the 1 judgements has an answer of the judge (1 empty). ")
    assert judge_warning_of(judged({"judgement": ""}, {"judgement": "Yes"})) == ""
    assert judge_warning_of(judged(unasked)) == ""


def test_reasoning_that_the_server_took_and_text_without_an_end_are_two_notes() -> None:
    server = {"generation": "", "reasoning": "so", "reasoning_unfinished": True, "finish_reason": "stop"}
    found = notes(server, server | {"end_not_found": True})
    assert [("reasoning_content" in note, "'</think>'" in note) for note in found] == [(False, True), (True, False)]


@pytest.mark.parametrize(
    ("reason", "message", "unsaid"),
    [
        ("content_filter", "withheld by the server's filter", "refus"),
        ("refusal", "are refusals of the model (refusal 1). A refusal's text is graded like any generation", "filter"),
        ("MALFORMED_FUNCTION_CALL", "tool calls that the server could not use (MALFORMED_FUNCTION_CALL 1)", "filter"),
    ],
)
def test_who_kept_an_answer_back_is_told_apart(reason: str, message: str, unsaid: str) -> None:
    (note,) = notes({"generation": "It", "finish_reason": reason})
    assert message in note
    assert unsaid not in note


def test_numbers_of_nothing_but_refusals_are_warned_of_in_their_own_words() -> None:
    refusal, empty = {"generation": "I can't", "finish_reason": "refusal"}, {"generation": ""}
    assert warning_of(tally(refusal, refusal) + tally(refusal)) == (
        "NOTHING BUT REFUSALS: the model declines in 3 of the 3 generations. "
        "These numbers do not show how well it answers."
    )
    assert "declines in 1 of the 2 generations, and the other 1 have no answer." in warning_of(tally(refusal, empty))
    assert warning_of(tally(refusal, {"generation": "5"})) == ""
    assert tally(refusal).as_json() == {"generations": 1, "without_answer": 0, "reasons": {"refused": 1}}


@given(st.text(alphabet=st.sampled_from('\n\t\r \u00a0\u2003\u3000\x0b\x1c"\\unx5'), max_size=100))
def test_blank_is_what_python_strips_to_nothing(text: str) -> None:
    assert is_blank(msgspec.Raw(msgspec.json.encode(text))) is (not text.strip())


@given(st.text(max_size=20), st.text(max_size=20))
def test_texts_that_differ_have_other_keys(one: str, other: str) -> None:
    keys = [text_key(read(generation=text, reasoning="so"), 5) for text in (one, other)]
    assert (keys[0] == keys[1]) is (one == other)
