from __future__ import annotations

from typing import Any

import pytest

from northstar.models.reply.reply import ServerError, read_reply
from northstar.models.reply.response import Completion
from tests.mock_server.responses import called, response, said

TEXT = said("four")
SUMMARY = {"type": "summary_text", "text": "I added."}
THOUGHT = {"type": "reasoning_text", "text": "2 + 2"}


def reasoning(**fields: Any) -> dict[str, Any]:
    return {"type": "reasoning", "id": "rs_1", "summary": [], **fields}


def read(*output: Any, **fields: Any) -> Completion:
    found = read_reply(200, response(*output, **fields).body)
    assert isinstance(found, Completion), found
    return found


def error(*output: Any, **fields: Any) -> ServerError:
    found = read_reply(200, response(*output, **fields).body)
    assert isinstance(found, ServerError), found
    return found


def test_text_tokens_and_origin_are_read_as_of_a_chat() -> None:
    usage = {"input_tokens": 5, "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 3}}
    found = read(TEXT, usage=usage)
    assert (found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens) == ("four", "stop", 5, 7)
    assert (found.reasoning, found.reasoning_tokens, found.origin.model) == (None, 3, "mock")


def test_texts_of_several_items_and_parts_are_joined() -> None:
    parts = [{"type": "output_text", "text": "two"}, {"type": "output_text", "text": " and"}]
    assert read(said("", content=parts), said(" three")).text == "two and three"


def test_calls_are_read_with_the_id_that_their_results_go_by() -> None:
    found = read(called("add", '{"a": 1}', "call_7"))
    assert found.tool_calls == [{"id": "call_7", "name": "add", "arguments": '{"a": 1}'}]
    assert found.finish_reason == "tool_calls"


def test_a_call_without_arguments_has_none_however_that_is_written() -> None:
    calls = read(*(called("f", arguments) for arguments in ("", "null", "{}"))).tool_calls or []
    assert [call["arguments"] for call in calls] == ["{}", "{}", "{}"]


def test_reasoning_is_read_in_full_or_else_by_its_summary() -> None:
    assert read(reasoning(content=[THOUGHT], summary=[SUMMARY]), TEXT).reasoning == "2 + 2"
    assert read(reasoning(summary=[SUMMARY, SUMMARY]), TEXT).reasoning == "I added.\n\nI added."
    assert read(reasoning(encrypted_content="x"), TEXT).reasoning is None


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, "length"),
        ({"reason": "content_filter"}, "content_filter"),
        ({"reason": "max_tool_calls"}, "max_tool_calls"),
        ({}, "length"),
        (None, "length"),
        ("odd", "length"),
    ],
)
def test_an_incomplete_answer_says_why(details: Any, reason: str) -> None:
    assert read(TEXT, status="incomplete", incomplete_details=details).finish_reason == reason


def test_an_answer_that_was_all_reasoning_is_cut_off_and_no_error() -> None:
    found = read(reasoning(), status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert (found.text, found.finish_reason) == ("", "length")


def test_a_refusal_is_the_answer() -> None:
    parts = [{"type": "refusal", "refusal": "I can't."}]
    found = read(said("", content=parts))
    assert (found.text, found.finish_reason) == ("I can't.", "refusal")


@pytest.mark.parametrize("status", ["failed", "cancelled", "in_progress", "queued"])
def test_an_answer_that_failed_or_is_not_there_yet_is_asked_again(status: str) -> None:
    assert error(TEXT, status=status).status == 502


def test_the_error_of_a_failed_answer_is_read() -> None:
    found = error(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down."})
    assert (found.status, "Slow down." in found.message) == (429, True)


def test_an_error_that_is_null_is_none() -> None:
    assert read_reply(200, response(TEXT).body.replace(b'{"id"', b'{"error": null, "id"')) == read(TEXT)


@pytest.mark.parametrize(
    "output",
    [
        None,
        {},
        "text",
        [None, 3, "x", []],
        [{"type": ["message"]}, {"type": None}, {}],
        [{"type": "web_search_call", "id": "ws_1"}],
        [{"type": "message"}],
        [{"type": "message", "content": 3}],
        [{"type": "message", "content": [None, {"type": "output_text", "text": 3}]}],
        [{"type": "function_call", "name": None, "arguments": 3}],
        [{"type": "reasoning", "summary": 3, "content": "x"[:0]}],
    ],
)
def test_an_answer_of_another_form_gives_what_it_has_and_never_fails(output: Any) -> None:
    fields = {"output": output, "usage": {"output_tokens": 7}}
    assert isinstance(read_reply(200, response(**fields).body), (Completion, ServerError))


@pytest.mark.parametrize(
    "usage", [None, 3, [], {"output_tokens": "7"}, {"output_tokens": -1}, {"output_tokens": 2**60}]
)
def test_odd_counts_are_unknown(usage: Any) -> None:
    assert read(TEXT, usage=usage).completion_tokens is None


def test_an_answer_without_a_sign_of_the_model_is_asked_again() -> None:
    assert error(usage={}).status == 502
    assert error(status=None, usage={}, object="response").status == 502


def test_items_are_handed_back_in_their_order_where_there_is_reasoning_to_bring_back() -> None:
    call = called("add", "{}")
    sealed = reasoning(encrypted_content="x", status=None)
    assert read(sealed, call).output_items == [reasoning(encrypted_content="x"), call]
    assert read(reasoning(content=[THOUGHT]), TEXT).output_items is not None
    assert read(TEXT).output_items is None


def test_reasoning_that_only_the_server_has_is_not_handed_back() -> None:
    assert read(reasoning(summary=[SUMMARY]), TEXT).output_items is None


def test_nothing_is_handed_back_of_an_answer_with_items_that_a_request_may_not_have() -> None:
    sealed = reasoning(encrypted_content="x")
    assert read(sealed, {"type": "web_search_call", "id": "1"}, TEXT).output_items is None
    assert read(sealed, called("add", "{}", "")).output_items is None
