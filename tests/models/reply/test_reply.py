"""Which status the error in a body amounts to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.reply import UNREADABLE, ServerError, read_reply
from northstar.models.reply.response import Completion
from tests.mock_server import FAULTS
from tests.mock_server.shapes import as_json, ended, says


def error(body: Any, status: int = 200) -> ServerError:
    reply = read_reply(status, as_json(body))
    assert isinstance(reply, ServerError)
    return reply


@pytest.mark.parametrize(
    ("body", "status"),
    [
        # a number, however it is written and wherever it is
        ({"error": {"message": "no", "code": 400}}, 400),
        ({"error": {"message": "no", "code": "429"}}, 429),
        ({"error": {"message": "no", "status": 503}}, 503),
        ({"error": {"message": "no", "status_code": 402}}, 402),
        ({"error": {"error": {"message": "no", "code": 404}}}, 404),
        ({"object": "error", "message": "no", "type": "Whatever", "code": 422}, 422),
        ({"errors": [{"message": "no", "code": 403}]}, 403),
        ([{"error": {"message": "no", "code": 400}}], 400),
        ({"choices": [{"error": {"code": 502, "message": "no"}, "message": {"content": "5"}}]}, 502),
        ({"choices": None, "error": {"message": "no", "code": 500}}, 500),
        ({"choices": [], "error": {"message": "no", "code": 401}}, 401),
        # a name
        ({"error": {"message": "no", "type": "rate_limit_error"}}, 429),
        ({"error": {"message": "no", "status": "RESOURCE_EXHAUSTED"}}, 429),
        ({"error": {"message": "no", "code": "insufficient_quota"}}, 402),
        ({"error": {"message": "no", "type": "insufficient_quota", "code": 429}}, 402),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529),
        ({"error": {"message": "no", "type": "invalid_request_error"}}, 400),
        ({"error": {"message": "no", "type": "invalid_request_error", "code": 404}}, 404),
        ({"error": {"message": "no", "code": "invalid_api_key"}}, 401),
        ({"error": {"message": "no", "code": "model_not_found"}}, 404),
        ({"error": {"message": "no", "code": "content_filter"}}, 400),
        ({"error": {"message": "no", "type": "server_error"}}, 500),
        ({"error": {"code": "context_length_exceeded", "message": "no"}}, 400),
        # a status and a message beside a word
        ({"status": 400, "error": "Bad Request", "message": "prompt is too long: 500 tokens > 400 maximum"}, 400),
        ({"status": 413, "error": "Payload Too Large", "path": "/v1"}, 413),
        ({"status": 503, "error": "Service Unavailable", "msg": "no"}, 503),
        # a content that a filter refuses, under a number of the server's own
        ({"success": False, "code": 1301, "msg": "系统检测到输入或生成内容可能包含不安全或敏感内容"}, 400),
        ({"error": {"code": "1301", "message": "输入内容包含敏感词"}}, 400),
        ({"success": False, "code": 9, "msg": "Your prompt was flagged: it violates our usage policies"}, 400),
        ({"error": {"message": "Your request was rejected as a result of our safety system."}}, 400),
        ({"error": {"message": "request blocked by our usage policies"}}, 400),
        # a policy that is of the load and not of the content
        ({"error": {"message": "Request rejected by scheduling policy: the queue is full"}}, UNREADABLE),
        ({"error": {"message": "request blocked by load-shedding policy"}}, UNREADABLE),
        # a key that is refused by a 400
        ([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}], 401),
        ({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no", "reason": "API_KEY_INVALID"}}, 401),
        # words
        ({"error": "Rate limit exceeded, try again later"}, 429),
        ({"error": {"message": "Insufficient Balance"}}, 402),
        ({"error": "Invalid API key"}, 401),
        ({"error": {"message": "The model `m` does not exist"}}, 404),
        (
            {
                "error": {
                    "message": "maximum context length is 4096 tokens, you asked for 5000",
                    "code": 500,
                }
            },
            400,
        ),
        ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit reached"}}, 429),
        ({"error": "Error code: 400 - {'error': {'message': 'no'}}"}, 400),
        ("litellm.BadRequestError: OpenAIException - no", 400),
        ({"error": {"message": "litellm.AuthenticationError: no"}}, 401),
        ({"error": {"message": "You have exceeded the requests per minute quota, retry in 10 s"}}, 429),
        ({"error": {"message": "Exceeded token quota per minute"}}, 429),
        ({"error": {"message": "You have exceeded your daily request quota, 200 requests per day"}}, 429),
        ({"error": {"code": "quota_exceeded", "message": "no"}}, 402),
        ({"error": {"code": "insufficient_quota", "message": "too many requests per minute"}}, 429),
        ({"error": {"message": "You exceeded your current quota, check your plan"}}, 402),
        # deep within
        ({"error": {"error": {"message": "maximum context length is 4096, you asked for more"}}}, 400),
        ({"detail": {"error": {"message": "no", "code": 400}}}, 400),
        ({"detail": {"message": "no", "code": "HTTP_400"}}, 400),
        ({"error": {"code": 502, "message": "Bad gateway", "metadata": {"raw": '{"error": {"code": 422}}'}}}, 422),
        ({"Error": {"Code": 400.0, "Message": "no"}}, 400),
        # a request that is wanted otherwise
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs"}]}, 400),
        ({"error": {"message": "Unsupported parameter: 'seed' is not supported"}}, 400),
        ({"error": "This model only supports streaming"}, 400),
        # nothing that says what it is: in passing
        ({"error": {"message": "Server overloaded: too many tokens in flight"}}, UNREADABLE),
        ({"error": {"message": "upstream failed"}}, UNREADABLE),
        ({"error": "boom"}, UNREADABLE),
        ({"error": True}, UNREADABLE),
        ({"error": {"code": 7, "message": "boom"}}, UNREADABLE),
        ({"error": {"code": True, "message": "boom"}}, UNREADABLE),
        ({"detail": "Not quite"}, UNREADABLE),
        ({"message": "hm"}, UNREADABLE),
        ({"choices": []}, UNREADABLE),
        ({}, UNREADABLE),
    ],
)
def test_an_error_in_an_answer_counts_as_its_status_would(body: Any, status: int) -> None:
    assert error(body).status == status


def test_the_status_of_http_is_believed_where_it_is_one() -> None:
    assert error({"error": {"message": "no", "code": 400}}, status=503).status == 503


@pytest.mark.parametrize(
    ("message", "status"),
    [("You exceeded your current quota, check your plan", 402), ("requests per minute exceeded, retry in 10 s", 429)],
)
def test_a_429_of_an_empty_account_is_told_from_one_of_a_rate(message: str, status: int) -> None:
    assert error({"error": {"message": message, "code": "insufficient_quota"}}, status=429).status == status


def test_it_says_that_http_said_200() -> None:
    text = error({"error": {"message": "slow down", "code": 429}}).message
    assert text == "HTTP 200 with an error 429 in place of an answer: slow down"


def test_a_prompt_that_leaves_no_room_is_out_of_context() -> None:
    reply = read_reply(200, FAULTS["lmdeploy_no_room"].body)
    assert isinstance(reply, ServerError)
    assert (reply.status, reply.of_context) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}],
        {"error": {"message": "invalid api key"}},
        {"error": {"message": "Incorrect API key provided: ***"}},
        {"error": {"message": "no", "code": "API_KEY_INVALID"}},
        {"error": {"message": "no", "details": [{"reason": "API_KEY_INVALID"}]}},
        {"error": {"message": "no", "code": "invalid_api_key"}},
        {"message": "The API-key is invalid."},
    ],
)
def test_a_400_that_speaks_of_the_key_refuses_it(body: Any) -> None:
    assert error(body, 400).status == 401


@pytest.mark.parametrize(
    "text",
    [
        f"too many images in {'my question: ' * 30} what is an invalid api key?",
        "too many images in 'what is an invalid api key?'",
        'prompt "Why is my API key invalid? It isn\'t expired." has too many images',
    ],
)
def test_a_400_that_quotes_a_prompt_about_keys_refuses_that(text: str) -> None:
    assert error({"error": text}, 400).status == 400


@pytest.mark.parametrize(
    "body", [{"error": "Insufficient Balance"}, {"error": {"code": "content_filter", "message": "no"}}]
)
def test_no_code_is_put_into_words_that_had_none(body: Any) -> None:
    assert error(body).message.startswith("HTTP 200 with an error in place of an answer: ")


def test_a_201_with_an_answer_is_an_answer() -> None:
    assert isinstance(read_reply(201, says("5").body), Completion)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (202, b'{"request_id": "a", "status": "pending"}')])
def test_a_success_without_an_answer_fails_in_passing_and_names_its_status(status: int, body: bytes) -> None:
    reply = read_reply(status, body)
    assert isinstance(reply, ServerError)
    assert (reply.status, reply.message[:24]) == (UNREADABLE, f"answered with HTTP {status} a")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_of_a_refused_request_likely_words_are_of_its_context(status: int) -> None:
    assert error({"error": "Prompt exceeds max length"}, status).of_context


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 429, 500, 503, 504])
def test_of_other_errors_they_are_not(status: int) -> None:
    assert not error({"error": "Prompt exceeds max length"}, status).of_context


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_in_sure_words_speaks_of_the_context(status: int) -> None:
    assert error({"error": "the request exceeds the available context size"}, status).of_context


def test_an_error_of_a_provider_is_heard_through_a_router() -> None:
    raw = '{"error": {"message": "This model\'s maximum context length is 4096 tokens. However, you requested 5000"}}'
    found = error({"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": raw}}})
    assert (found.status, found.of_context) == (400, True)
    assert found.message.endswith(
        "Provider returned error; This model's maximum context length is 4096 tokens. However, you requested 5000"
    )


def test_an_error_in_a_stream_is_one() -> None:
    reply = read_reply(200, b'data: {"error": {"message": "slow down", "code": 429}}\n\ndata: [DONE]\n')
    assert isinstance(reply, ServerError)
    assert reply.status == 429


def test_half_an_answer_that_speaks_of_contexts_is_not_about_one() -> None:
    reply = read_reply(200, ended("abort", "Then the prompt exceeds the maximum context length").body)
    assert isinstance(reply, ServerError)
    assert (reply.status, reply.of_context) == (UNREADABLE, False)


def test_an_answer_is_an_answer() -> None:
    assert isinstance(read_reply(200, says("5").body), Completion)


NAMES = st.sampled_from(["error", "code", "type", "message", "detail", "loc", "param", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "detail", "loc", "param", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 400, 422, 500]))
def test_whatever_the_error_holds_it_amounts_to_something(value: Any, status: int) -> None:
    reply = read_reply(status, as_json({"error": value, "choices": [{"message": {"content": "5"}}]}))
    assert isinstance(reply, Completion) or 400 <= reply.status < 600
