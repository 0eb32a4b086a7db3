"""What is read of the error in an answer, whatever it is wrapped in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.error_body import ErrorContent, error_content, error_in, error_message, error_of, shorten

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
INNER = {"message": "too long", "code": 400, "type": "BadRequestError"}


@pytest.mark.parametrize(
    "wrapped",
    [
        INNER,
        {"error": INNER},
        {"error": {"error": INNER}},
        {"detail": {"error": INNER}},
        {"detail": INNER},
        {"detail": [INNER]},
        {"errors": [INNER]},
        {"error": {"message": {"error": INNER}}},
        {"message": json.dumps({"error": INNER})},
        {"message": "Provider returned error", "metadata": {"raw": json.dumps({"error": INNER})}},
        {"Error": {"Message": "too long", "Code": "400", "Type": "BadRequestError"}},
        [{"error": INNER}],
        {"error": {"message": "Bad gateway", "details": [{"error": {"innererror": INNER}}]}},
    ],
)
def test_an_error_says_the_same_however_it_is_wrapped(wrapped: Any) -> None:
    told = error_content(wrapped)
    assert ("too long" in told.texts, 400 in told.codes, "BadRequestError" in told.names) == (True, True, True)


@pytest.mark.parametrize("code", [400, 400.0, "400", "400.0", "HTTP_400", "HTTP 400", "http400", "400 Bad Request"])
def test_a_status_is_one_however_it_is_written(code: object) -> None:
    assert error_content({"code": code}).codes == (400,)


@pytest.mark.parametrize("code", [0, 200, 7, True, "4000", "E400", 399, 600, 400.5, None, "400.7", float("inf")])
def test_what_is_no_failing_status_is_none(code: object) -> None:
    assert error_content({"code": code}).codes == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Error code: 400 - {'error': {'message': 'no'}}", 400),
        ("HTTP 429: slow down", 429),
        ("upstream answered HTTP/1.1 503", 503),
        ("Request failed with status code 404", 404),
        ("<400> InternalError.Algo", 400),
        ("502 Bad Gateway", 502),
    ],
)
def test_a_status_is_found_in_a_text(text: str, code: int) -> None:
    assert error_content(text).codes == (code,)


@pytest.mark.parametrize("text", ["500 tokens are too many", "it took 450 ms", "model m-429", "port 8500"])
def test_other_numbers_of_a_text_are_no_status(text: str) -> None:
    assert error_content(text).codes == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("litellm.AuthenticationError: OpenAIException - no", "AuthenticationError"),
        ("Error code: 400 - {'error': {'code': 'model_not_found'}}", "model_not_found"),
    ],
)
def test_the_name_of_an_error_is_found_in_a_text(text: str, name: str) -> None:
    assert name in error_content(text).names


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'data: {"error": {"message": "no"}}\n\ndata: [DONE]\n', {"message": "no"}),
        (b'event: error\ndata: {"error": "no"}\n', "no"),
        (b': PROCESSING\n\ndata: {"choices": [{"delta": {}}]}\n\ndata: {"error": "no"}\n', "no"),
        (b'"no"', "no"),
        (b"litellm.BadRequestError: no", "litellm.BadRequestError: no"),
    ],
)
def test_an_error_is_found_in_a_stream_and_in_a_text(body: bytes, error: object) -> None:
    assert error_in(body) == error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"choices": [{"message": {"content": "the prompt is too lo',
        b'data: {"choices": [{"delta": {"content": "error"}}]}',
        b"x" * 10_000,
    ],
)
def test_what_may_be_half_an_answer_or_a_page_is_no_error(body: bytes) -> None:
    assert error_in(body) is None


@pytest.mark.parametrize(
    "error",
    [
        *(None, "", "None", "null", "success", "OK", 0, 200, False, [], {}, [None], [{}]),
        {"code": 0, "message": "success"},
        {"code": 0, "message": "操作成功"},
        {"code": "200", "message": "OK"},
        {"code": None, "message": "None"},
        {"message": "", "type": "", "param": "", "code": None},
    ],
)
def test_an_error_beside_an_answer_that_says_that_all_is_well_is_none(error: object) -> None:
    assert error_of({"choices": [{"message": {"content": "5"}}], "error": error}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"error": True},
        {"error": "boom"},
        {"error": {"code": 7, "message": "boom"}},
        {"error": {"code": 0, "type": "server_error"}},
        {"errors": [{"message": "boom"}]},
        {"code": 500, "message": "boom"},
        {"code": "InternalError", "message": "boom"},
        {"status": "failed"},
        {"success": False},
        {"object": "error", "message": "boom"},
    ],
)
def test_an_answer_beside_which_the_server_says_that_it_failed_holds_an_error(fields: dict[str, Any]) -> None:
    assert error_of({"choices": [{"message": {"content": "5"}}], **fields}) is not None


@pytest.mark.parametrize(
    "fields",
    [{"code": 0}, {"code": 200, "msg": "ok"}, {"status": "completed"}, {"success": True}, {"status": "incomplete"}],
)
def test_what_else_stands_beside_an_answer_is_no_error(fields: dict[str, Any]) -> None:
    assert error_of({"choices": [{"message": {"content": "5"}}], **fields}) is None


def test_an_error_may_lie_in_the_message_itself() -> None:
    assert error_of({"choices": [{"message": {"content": "5", "error": "boom"}}]}) == "boom"


def test_of_an_endless_error_a_part_is_read() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"error": deep, "message": ["y"] * 50}
    assert len(error_content(deep).texts) < 100


@given(JSON)
def test_whatever_an_error_is_it_can_be_told(error: Any) -> None:
    told = error_content({"error": error, "message": [error]})
    assert isinstance(told, ErrorContent)
    assert told.words().encode().decode().isprintable()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "no", "code": "bad_key"}}, "no (bad_key)"),
        ({"error": {"message": "no", "code": 400, "type": "bad_request"}}, "no (bad_request)"),
        ({"error": {"message": "no", "code": 400}}, "no"),
        ({"error": "no"}, "no"),
        ({"object": "error", "message": "no"}, "no"),
        ({"detail": "no"}, "no"),
        ({"detail": [{"msg": "no"}]}, "no"),
        (
            {"detail": [{"loc": ["body", "n"], "msg": "Field required", "input": "secret"}]},
            "body.n: Field required",
        ),
        ({"error": {"message": "outer", "error": {"message": "inner"}}}, "outer; inner"),
        ({"error": {"message": "no: inner", "error": {"message": "inner"}}}, "no: inner"),
        ({"message": ["seed should not exist"], "error": "Bad Request"}, "Bad Request; seed should not exist"),
        ("no", "no"),
        ({"error": {"message": ""}}, '{"error": {"message": ""}}'),
        ({"error": ""}, '{"error": ""}'),
        ([1], "[1]"),
    ],
)
def test_an_error_is_read_in_every_servers_form(body: object, message: str) -> None:
    assert error_message(json.dumps(body).encode()) == message


def test_an_error_page_is_shown_on_one_line() -> None:
    assert error_message(b"<html>\n  <h1>502</h1>\n</html>") == "<html> <h1>502</h1> </html>"


def test_no_error_text_is_longer_than_a_record_wants() -> None:
    assert len(error_message(json.dumps({"error": "x" * 10**6}).encode())) == 2000


@pytest.mark.parametrize("error", [" ", "\x00", {"message": "\n"}])
def test_an_error_that_says_nothing_is_shown_as_the_body_it_came_in(error: object) -> None:
    assert error_message(json.dumps({"error": error}).encode()).startswith('{"error": ')


@given(st.binary() | JSON.map(lambda value: json.dumps({"error": value}).encode()))
def test_any_body_gives_an_error_text_that_a_file_can_hold(body: bytes) -> None:
    assert error_message(body).encode()


def test_an_empty_body_is_called_so() -> None:
    assert shorten(b" \n") == "an empty body"


def test_a_long_body_is_cut() -> None:
    assert shorten(b"abc " * 100, limit=8) == "abc abc…"
