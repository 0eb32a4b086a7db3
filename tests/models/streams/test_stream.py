"""A streamed answer is the one that the server would have sent at once, whatever parts its bytes come in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.reply import ServerError, read_reply
from northstar.models.reply.response import Completion, read_completion
from northstar.models.streams.stream import Cut, Stream, is_stream
from tests.mock_server.responses import response, said
from tests.mock_server.streams import events_of, events_of_response
from tests.models.streams.recorded import ANSWERS, CALLS, OPENAI, call, chunk, sse, usage

FIRST, SECOND = {"a": 1, "b": 2}, {"a": 3, "b": 4}


def whole(body: bytes, *sizes: int) -> bytes:
    """The body of a stream that comes in parts of these sizes, the rest at once."""
    stream, start = Stream(), 0
    for size in sizes:
        stream.feed(body[start : start + size])
        start += size
    stream.feed(body[start:])
    return stream.whole()


@pytest.mark.parametrize("server", ANSWERS)
def test_texts_and_reasoning_are_put_together(server: str) -> None:
    found = read_completion(whole(ANSWERS[server]))
    assert (found.text, found.reasoning) == ("It is 4.", "Two and two.")
    assert (found.prompt_tokens, found.completion_tokens) == (9, 7)
    assert (found.finish_reason or "").lower() == "stop"


def test_openais_usage_and_origin_are_kept() -> None:
    found = read_completion(whole(OPENAI))
    assert found == Completion("It is 4.", None, "stop", 7, 9, None, ("m", "fp_1"), 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("server", CALLS)
def test_calls_are_put_together(server: str) -> None:
    found = read_completion(whole(CALLS[server]))
    assert [(each["id"], each["name"]) for each in found.tool_calls or ()] == [("call_a", "add"), ("call_b", "add")]
    assert [json.loads(each["arguments"]) for each in found.tool_calls or ()] == [FIRST, SECOND]


@given(st.sampled_from([*ANSWERS.values(), *CALLS.values()]), st.lists(st.integers(1, 90), max_size=40))
def test_the_parts_in_which_the_bytes_come_do_not_matter(body: bytes, sizes: list[int]) -> None:
    assert read_completion(whole(body, *sizes)) == read_completion(whole(body))


@given(st.text(), st.text(), st.text(max_size=5))
def test_what_is_streamed_equals_what_is_sent_at_once(text: str, reasoning: str, name: str) -> None:
    message = {"role": "assistant", "content": text, **({"reasoning_content": reasoning} if reasoning else {})}
    if name:
        function = {"name": name, "arguments": json.dumps({"text": text})}
        message["tool_calls"] = [{"id": "call_0", "type": "function", "function": function}]  # type: ignore[assignment]
    answer = {
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage(3, 5)["usage"],
    }
    assert read_reply(200, whole(b"".join(events_of(answer)))) == read_reply(200, json.dumps(answer).encode())


def test_a_text_completion_is_put_together() -> None:
    parts = [
        {"model": "m", "choices": [{"index": 0, "text": text, "finish_reason": None}]} for text in ("It is", " 4.")
    ]
    end = {"model": "m", "choices": [{"index": 0, "text": "", "finish_reason": "length"}]}
    found = read_completion(whole(sse(*parts, end, usage(9, 7))))
    assert (found.text, found.finish_reason, found.completion_tokens) == ("It is 4.", "length", 7)


def test_a_response_is_the_one_of_its_last_event() -> None:
    at_once = response(said("It is 4.")).body
    streamed = whole(b"".join(events_of_response(json.loads(at_once))))
    assert read_completion(streamed) == read_completion(at_once)


def test_the_halves_of_a_character_are_joined() -> None:
    halves = ['{"content": "\\ud83d"}', '{"content": "\\ude00"}, "finish_reason": "stop"']
    body = sse(*(f'data: {{"choices": [{{"index": 0, "delta": {half}}}]}}' for half in halves))
    assert read_completion(whole(body)).text == "\U0001f600"


@pytest.mark.parametrize(
    "body",
    [
        sse(chunk({"role": "assistant", "content": ""}), chunk({"content": "It is"}), done=False),
        sse(chunk({"content": "It is"})),  # a relay says it is done, though its server was lost
        sse(chunk({"content": "It is"}), chunk({"content": " 4"}, "null")),
        sse(": keep-alive", done=False),
        sse(chunk({"content": "It is"}), done=False) + b'data: {"choices": [{"del',
    ],
)
def test_a_stream_that_ends_in_the_middle_is_no_answer(body: bytes) -> None:
    with pytest.raises(Cut):
        whole(body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"error": {"message": "upstream lost", "code": 502}}, 502),
        ({**chunk({"content": ""}, "error"), "error": {"code": 502, "message": "upstream lost"}}, 502),  # OpenRouter
        ({"object": "error", "message": "engine died", "type": "InternalServerError", "code": 500}, 500),  # vLLM
        ('error: {"code": 503, "message": "loading"}', 503),  # an older llama.cpp
        ({"type": "error", "code": "server_error", "message": "lost"}, 500),
    ],
)
def test_an_error_in_the_middle_is_an_error(error: object, status: int) -> None:
    found = read_reply(200, whole(sse(chunk({"content": "It is"}), error)))
    assert isinstance(found, ServerError)
    assert found.status == status


def test_what_comes_at_once_after_all_is_told_from_a_stream() -> None:
    assert [is_stream(head) for head in (b'{"id"', b"data: {", b": OPENROUTER", b"\xef\xbb\xbfevent: x")] == [
        *(False, True, True, True)
    ]
    assert is_stream(b"da") is None
    assert is_stream(b"") is None
    assert is_stream(b" " * 100) is None
    assert is_stream(b" " * 2000) is False


def test_a_byte_order_mark_costs_no_event() -> None:
    body = sse(chunk({"content": "The answer "}), chunk({"content": "is 5"}, "stop"))
    assert read_completion(whole(b"\xef\xbb\xbf" + body)).text == "The answer is 5"


@pytest.mark.parametrize(
    "parts",
    [
        [{"id": "a", "function": {"name": "f", "arguments": '{"x":'}}, {"function": {"arguments": " 1}"}}],
        [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}],
    ],
)
def test_a_part_without_index_and_id_is_of_the_last_call(parts: list[dict[str, object]]) -> None:
    found = read_completion(whole(sse(*(chunk({"tool_calls": [part]}) for part in parts), chunk({}, "tool_calls"))))
    assert found.tool_calls == [{"id": "a", "name": "f", "arguments": '{"x": 1}'}]


def test_calls_without_arguments_are_not_merged() -> None:
    calls = [chunk(call(0, name, id=name)) for name in ("f", "g")]
    found = read_completion(whole(sse(*calls, chunk({}, "tool_calls"))))
    assert [each["name"] for each in found.tool_calls or ()] == ["f", "g"]


def test_arguments_as_an_object_are_kept() -> None:
    part = call(0, "add", id="call_a")
    part["tool_calls"][0]["function"]["arguments"] = FIRST  # Ollama's
    found = read_completion(whole(sse(chunk(part), chunk({}, "tool_calls"))))
    assert json.loads((found.tool_calls or [{}])[0]["arguments"]) == FIRST


def test_the_pace_is_of_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 2.0, 3.0, 4.0, 9.0])
    monkeypatch.setattr("northstar.models.streams.stream.monotonic", lambda: next(times))
    stream = Stream()
    for text in ("a", "b", "c"):
        stream.feed(sse(chunk({"content": text}), done=False))
    assert stream.pace(5) == (2.0, 0.5)
    assert Stream().pace(0) is None
