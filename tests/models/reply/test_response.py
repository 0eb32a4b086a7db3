"""What is read from a server's answer, however odd it is."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.finish_reasons import Meaning, meaning_of
from northstar.models.reply.json_body import Unreadable
from northstar.models.reply.reply import read_reply
from northstar.models.reply.response import Completion, Origin, SaysError, read_completion
from tests.mock_server import FAULTS, completion, says

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def read(message: Any, **fields: Any) -> Completion:
    return read_completion(completion(message, **fields).body)


def test_a_good_answer() -> None:
    assert read({"role": "assistant", "content": "5"}) == Completion("5", None, "stop", 7, 5, origin=Origin("mock"))


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_is_found_under_each_of_its_names(name: str) -> None:
    assert read({"content": "5", name: "hm"}).reasoning == "hm"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]},
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "reasoning", "text": "hm"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
    ],
    ids=["Mistral", "Anthropic", "plain", "OpenAI"],
)
def test_reasoning_in_a_part_of_the_content_is_none_of_the_text(part: dict[str, Any]) -> None:
    found = read({"content": [part, {"type": "text", "text": "5"}]})
    assert (found.text, found.reasoning) == ("5", "hm")


def test_content_in_parts_of_which_none_is_reasoning_has_none() -> None:
    assert read({"content": [{"type": "text", "text": "5"}]}).reasoning is None


def test_a_refusal_in_a_part_of_the_content_is_the_text_and_the_reason() -> None:
    found = read({"content": [{"type": "refusal", "refusal": "I can't help."}]})
    assert (found.text, found.finish_reason) == ("I can't help.", "refusal")


def test_a_refusal_beside_a_text_is_the_reason_and_leaves_the_text() -> None:
    found = read({"content": "It is 5", "refusal": "I can't help."})
    assert (found.text, found.finish_reason) == ("It is 5", "refusal")


@pytest.mark.parametrize("reason", ["content_filter", "length"])
def test_a_refusal_beside_a_text_leaves_the_reason_that_says_more(reason: str) -> None:
    message = {"content": "It is", "refusal": "I can't help."}
    assert read({}, choices=[{"message": message, "finish_reason": reason}]).finish_reason == reason


def test_content_null_is_an_empty_text() -> None:
    assert read({"content": None, "reasoning_content": "hm"}).text == ""


def test_content_in_parts_is_joined() -> None:
    assert read_completion(FAULTS["content_list"].body).text == r"It is \boxed{5}"


def test_parts_that_are_no_text_are_passed_over() -> None:
    assert read_completion(says([{"type": "image"}, 3, {"text": None}, {"text": "5"}]).body).text == "5"


def test_the_first_choice_is_read() -> None:
    choices = [{"message": {"content": "one"}}, {"message": {"content": "two"}}]
    assert read({}, choices=choices).text == "one"


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    assert read_completion(FAULTS["lone_surrogate"].body).text == "\ufffd \\boxed{5}"


def test_a_surrogate_pair_stays_the_character_that_it_is() -> None:
    assert read_completion(rb'{"choices":[{"message":{"content":"\ud83d\ude00"}}]}').text == "\U0001f600"


def test_bytes_that_are_not_utf_8_become_replacement_characters() -> None:
    assert read_completion(b'{"choices":[{"message":{"content":"a\xff"}}]}').text == "a\ufffd"


@pytest.mark.parametrize("usage", [None, "many", [], 3, {}, {"completion_tokens": None}])
def test_tokens_that_are_not_counted_are_none(usage: object) -> None:
    assert read({"content": "5"}, usage=usage).completion_tokens is None


@pytest.mark.parametrize("count", [-1, 1.5, "7", True, 10**30, [7]])
def test_counts_that_nobody_can_believe_are_none(count: object) -> None:
    assert read({"content": "5"}, usage={"completion_tokens": count}).completion_tokens is None


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("wandered_off", "wandered_off"),
        ("A new reason: 7", "A new reason: 7"),
        ("two\nlines \x1b[31m", "two lines [31m"),
        ("x" * 999, "x" * 63 + "…"),
        ({"type": "stop", "matched": 2}, "stop"),  # SGLang's own
        (7, "7"),
        (7.5, "7.5"),
        (["stop"], '["stop"]'),
        ([[1] * 999], "[[" + "1," * 30 + "1…"),
        (True, "true"),
        ("", None),
        (None, None),
    ],
)
def test_an_unknown_finish_reason_is_kept_as_it_came_on_one_line_and_bounded(reason: object, kept: str) -> None:
    assert read({}, choices=[{"message": {"content": "5"}, "finish_reason": reason}]).finish_reason == kept


KEYS = ("sk-secret-0123456789", "token-abc123", "Zq8xN2vT7bLw4KfRZq8xN2vT7bLw4KfR" * 3)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("text", ["{key}", "Bearer {key} x", "{cut}{key}", "m-{key}"])
def test_a_key_in_a_finish_reason_or_the_name_of_a_model_is_hidden_also_at_the_cut(key: str, text: str) -> None:
    told = text.format(key=key, cut="x " * 25)
    choices = [{"message": {"content": "5"}, "finish_reason": told}]
    answer = {"model": told, "system_fingerprint": told, "choices": choices}
    found = read_completion(json.dumps(answer).encode(), key)
    for shown in (found.finish_reason, *found.origin):
        assert shown is not None
        assert key[:10] not in shown
        assert "***" in shown or shown.endswith("…")


def test_a_key_in_hexadecimal_digits_is_hidden_in_the_name_of_a_model() -> None:
    key = "sk-secret-0123456789"
    assert read_completion(completion({"content": "5"}, model=key.encode().hex()).body, key).origin.model == "***"


def test_a_key_in_the_reason_of_half_an_answer_is_hidden() -> None:
    key = "sk-secret-0123456789"
    choices = [{"message": {"content": "5"}, "finish_reason": f"error {key}"}]
    with pytest.raises(Unreadable, match=r"error \*\*\*"):
        read_completion(completion({}, choices=choices).body, key)


@pytest.mark.parametrize(
    ("reason", "native", "kept"),
    [
        ("stop", "end_turn", "stop"),
        ("stop", "wandered_off", "stop"),
        ("stop", "MAX_TOKENS", "MAX_TOKENS"),
        ("stop", "SAFETY", "SAFETY"),
        ("length", "STOP", "length"),
        ("content_filter", "MAX_TOKENS", "content_filter"),
        (None, "MAX_TOKENS", "MAX_TOKENS"),
        (None, "wandered_off", "wandered_off"),
        ("null", "STOP", "STOP"),
        ("other", "SAFETY", "SAFETY"),
        (7, "MAX_TOKENS", "MAX_TOKENS"),
    ],
)
def test_the_reason_that_says_more_is_kept_of_two(reason: object, native: str, kept: str) -> None:
    choice = {"message": {"content": "5"}, "finish_reason": reason, "native_finish_reason": native}
    assert read({}, choices=[choice]).finish_reason == kept


@pytest.mark.parametrize("stop", ["abort", "error"])
@pytest.mark.parametrize("reason", [None, "stop", 7, False])
def test_a_stop_reason_may_say_that_it_failed(stop: str, reason: object) -> None:
    with pytest.raises(Unreadable, match=f"half an answer .finish_reason '{stop}'"):
        read({}, choices=[{"message": {"content": "5"}, "finish_reason": reason, "stop_reason": stop}])


@pytest.mark.parametrize("stop", [None, 151645, "</answer>", "errors:"])
def test_else_it_is_the_string_that_the_answer_stopped_at(stop: object) -> None:
    choice = {"message": {"content": "5"}, "finish_reason": "stop", "stop_reason": stop}
    assert read({}, choices=[choice]).finish_reason == "stop"


FAILED = [
    "vllm_abort",
    "vllm_error",
    "sglang_abort",
    "sglang_abort_object",
    "trtllm_cancelled",
    "trtllm_not_finished",
    "openrouter_error",
    "openrouter_native",
    "openrouter_choice_error",
    "deepseek_resource",
    "mistral_error",
    "zhipu_network",
    "null_content",
    "empty_without_reason",
    "error_in_message",
    "code_beside_answer",
    "stop_reason_abort",
]


@pytest.mark.parametrize("name", FAILED)
def test_what_the_server_itself_calls_failed_is_no_answer(name: str) -> None:
    with pytest.raises(Unreadable):
        read_completion(FAULTS[name].body)


@pytest.mark.parametrize("name", ["filtered", "gemini_safety"])
def test_what_a_filter_keeps_back_is_an_empty_answer_that_says_so(name: str) -> None:
    found = read_completion(FAULTS[name].body)
    assert (found.text, meaning_of(found.finish_reason)) == ("", Meaning.WITHHELD)


@pytest.mark.parametrize("name", ["gemini_thought_alone", "openrouter_native_cut"])
def test_what_ended_at_a_limit_of_tokens_is_an_answer_that_says_so(name: str) -> None:
    assert meaning_of(read_completion(FAULTS[name].body).finish_reason) is Meaning.CUT_OFF


def test_a_refusal_in_a_place_of_its_own_is_the_text_and_the_reason() -> None:
    found = read_completion(FAULTS["refusal"].body)
    assert (found.text, found.finish_reason) == ("I'm sorry, I can't help with that.", "refusal")


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ({"content": ""}, {"usage": None}),
        ({"content": None}, {}),
        ({"content": None, "reasoning_content": "hm"}, {"usage": None}),
        ({"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}, {"usage": None}),
    ],
)
def test_an_empty_answer_is_one_where_there_is_a_sign_of_it(message: object, fields: dict[str, Any]) -> None:
    assert read(message, **fields).text == ""


@pytest.mark.parametrize("content", [None, "", []])
@pytest.mark.parametrize("reason", [None, "null", ""])
@pytest.mark.parametrize("usage", [None, {"completion_tokens": 0}, {"prompt_tokens": 5}])
def test_an_empty_answer_without_a_reason_and_a_token_is_none(content: object, reason: object, usage: object) -> None:
    with pytest.raises(Unreadable, match="no text, no calls and no token"):
        read({}, choices=[{"message": {"content": content}, "finish_reason": reason}], usage=usage)


def test_a_call_in_the_form_that_openai_had_first_is_one() -> None:
    called = {"content": None, "function_call": {"name": "f", "arguments": "{}"}}
    found = read({}, choices=[{"message": called, "finish_reason": "function_call"}], usage=None)
    assert found.tool_calls == [{"id": "", "name": "f", "arguments": "{}"}]


@pytest.mark.parametrize(
    ("message", "usage"),
    [
        # Gemini, whose thinking took all the tokens
        ({"role": "assistant"}, {"completion_tokens": 0, "prompt_tokens": 11, "total_tokens": 2058}),
        ({"role": "assistant"}, {"completion_tokens": 0, "prompt_tokens": 11}),
        ({"content": ""}, {"completion_tokens": 0, "prompt_tokens": 11, "total_tokens": 2058}),
        ({"content": ""}, {"completion_tokens": 0}),
        ({"content": ""}, {"completion_tokens": 7, "prompt_tokens": 5, "total_tokens": 12}),
    ],
)
def test_an_answer_that_ended_before_its_text_is_an_empty_one(message: object, usage: object) -> None:
    found = read({}, choices=[{"message": message, "finish_reason": "length"}], usage=usage)
    assert (found.text, found.finish_reason) == ("", "length")


@pytest.mark.parametrize("usage", [{"total_tokens": 5000}, {}])
def test_a_prompt_beside_which_nothing_was_counted_left_no_room(usage: dict[str, int]) -> None:
    counted = {"prompt_tokens": 5000, "completion_tokens": 0, **usage}
    with pytest.raises(SaysError, match="an error"):
        read({}, choices=[{"message": {"content": ""}, "finish_reason": "length"}], usage=counted)


def test_null_in_place_of_a_text_completion_is_no_answer() -> None:
    with pytest.raises(Unreadable):
        read_completion(b'{"choices":[{"text":null,"finish_reason":"stop"}]}')


def test_half_a_text_completion_that_was_aborted_is_no_answer() -> None:
    with pytest.raises(Unreadable, match="'abort'"):
        read_completion(b'{"choices":[{"text":"4","finish_reason":"abort"}]}')


def test_an_error_in_a_message_is_no_answer() -> None:
    with pytest.raises(SaysError):
        read({"content": "5", "error": "boom"})


@pytest.mark.parametrize("name", ["zero_error", "success_error"])
def test_an_error_with_nothing_in_it_is_none(name: str) -> None:
    assert read_completion(FAULTS[name].body).text == r"\boxed{5}"


@pytest.mark.parametrize("reason", [None, {}])
def test_a_finish_reason_that_says_nothing_is_none(reason: object) -> None:
    assert read({}, choices=[{"message": {"content": "5"}, "finish_reason": reason}]).finish_reason is None


@pytest.mark.parametrize(
    "name",
    ["html", "truncated_json", "empty_body", "deep_json"],
)
def test_what_is_no_json_is_unreadable(name: str) -> None:
    with pytest.raises(Unreadable, match="no JSON"):
        read_completion(FAULTS[name].body)


@pytest.mark.parametrize("name", ["no_choices", "empty_choices", "no_message", "content_number"])
def test_json_without_an_answer_is_unreadable(name: str) -> None:
    with pytest.raises(Unreadable, match="no chat completion"):
        read_completion(FAULTS[name].body)


@given(JSON, JSON, JSON, JSON)
def test_whatever_the_types_it_is_a_completion_that_a_file_can_hold_or_unreadable(
    content: Any, reasoning: Any, usage: Any, reason: Any
) -> None:
    choice = {"message": {"content": content, "reasoning": reasoning}, "finish_reason": reason}
    try:
        found = read_completion(json.dumps({"choices": [choice], "usage": usage}).encode())
    except Unreadable:
        return
    assert msgspec.json.encode(found)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_completion_or_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_completion(body)


def test_a_text_completion_is_read_like_a_chat() -> None:
    answer = {"choices": [{"text": "4", "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}
    completion = read_completion(json.dumps(answer).encode())
    assert (completion.text, completion.finish_reason, completion.completion_tokens) == ("4", "stop", 1)


def with_tool_calls(calls: object) -> list[dict[str, Any]] | None:
    answer = {"choices": [{"message": {"content": "", "tool_calls": calls}, "finish_reason": "stop"}]}
    return read_completion(json.dumps(answer).encode()).tool_calls


NO_ARGUMENTS: list[object] = ["", " \n", "null", None, "{}", {}]


@pytest.mark.parametrize("arguments", [{"arguments": each} for each in NO_ARGUMENTS] + [{}])
def test_a_call_without_arguments_has_an_empty_object(arguments: dict[str, object]) -> None:
    assert with_tool_calls([{"id": "1", "function": {"name": "now", **arguments}}]) == [
        {"id": "1", "name": "now", "arguments": "{}"}
    ]


def test_tool_calls_keep_name_and_arguments() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    assert with_tool_calls([call]) == [{"id": "1", "name": "add", "arguments": '{"a": 1}'}]


def test_arguments_that_a_server_has_read_are_text_again() -> None:
    assert with_tool_calls([{"function": {"name": "f", "arguments": {"a": [1]}}}]) == [
        {"id": "", "name": "f", "arguments": '{"a": [1]}'}
    ]


@pytest.mark.parametrize("calls", [None, [], "f()", [7], [{}], [{"function": "f"}], [{"function": {"name": 3}}]])
def test_what_is_no_tool_call_is_none(calls: object) -> None:
    assert with_tool_calls(calls) is None


LONG = "x y" * 2**23


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"message": LONG}},
        {"choices": [{"message": {"content": "5"}, "error": {"message": LONG}}]},
        {"choices": [{"message": {"content": "5"}, "finish_reason": LONG}]},
    ],
    ids=["an error", "an error in a choice", "a reason"],
)
def test_a_text_of_many_megabytes_is_made_fit_to_be_shown_in_no_time(answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    begun = time.thread_time()
    read_reply(200, body, "sk-secret-0123456789")
    assert time.thread_time() - begun < 0.6  # one look at each of its characters takes 1.5


def test_an_answer_of_millions_of_values_is_not_read() -> None:
    with pytest.raises(Unreadable, match="more values than an answer has"):
        read_completion(FAULTS["many_values"].body)


def test_a_long_answer_full_of_commas_is_read() -> None:
    text = "[1, 2, {3}], " * 50_000
    assert read({"role": "assistant", "content": text}).text == text
