"""Which fields of a request an error refuses, and whether it wants the answer as a stream."""

from __future__ import annotations

import time
from typing import Any

import pytest

from northstar.models.reply.error_body import error_content
from northstar.models.reply.unsupported import unsupported_fields, wants_stream


@pytest.mark.parametrize(
    ("text", "field"),
    [
        # what is allowed stands beside what is not
        ("unknown field `seed`, expected one of `model`, `temperature`, `top_p`", "seed"),
        ("Unsupported parameter: seed. Supported parameters: model, messages, temperature, top_p", "seed"),
        ("Parameter 'seed' is not supported. Allowed parameters: temperature, top_p", "seed"),
        ("seed: unknown field; valid fields are: temperature, top_p", "seed"),
        ("The 'seed' parameter is not supported; only 'temperature' and 'top_p' may be used.", "seed"),
        ("Only temperature, top_p and max_tokens are supported; seed is not supported", "seed"),
        ("Unexpected field: seed (accepted: temperature, top_p)", "seed"),
        ("Unknown field seed. Did you mean temperature?", "seed"),
        ("top_k is not supported; temperature and top_p are", "top_k"),
        ("top_k is not supported, but temperature is", "top_k"),
        ("Unsupported parameter: 'stop' is not supported with this model.", "stop"),
        # beside another field
        ("'response_format' is not supported with temperature", "response_format"),
        ("With response_format, temperature is not supported", "temperature"),
        # in other words
        ("Invalid parameter: seed", "seed"),
        ("seed not implemented", "seed"),
        ("The parameter seed is not available", "seed"),
        ("Fields [seed] not allowed", "seed"),
        ("Your request contains the unsupported field(s): seed, top_p", "seed"),
        ('json: unknown field "seed"', "seed"),
        ("Field 'seed' is not one of the allowed fields: model, temperature", "seed"),
        ("property seed should not exist", "seed"),
        ("不支持参数 seed", "seed"),
        ("参数 seed 不支持", "seed"),
    ],
)
def test_the_field_that_is_refused_is_found(text: str, field: str) -> None:
    assert unsupported_fields(error_content({"message": text})) == {field}


@pytest.mark.parametrize(
    "error",
    [
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        {"errors": [{"type": "extra_forbidden", "loc": ["seed"]}]},
        {"error": {"errors": [{"type": "extra_forbidden", "loc": ["seed"], "msg": "…"}]}},
        {"keyword": "additionalProperties", "params": {"additionalProperty": "seed"}, "message": "must NOT have more"},
        {"code": "unsupported_parameter", "message": "The seed cannot be used here"},
        {"code": "UnsupportedParameter", "param": "seed", "message": "no"},
        {"error": {"message": '{"error": {"code": "unknown_parameter", "param": "seed"}}'}},
    ],
)
def test_the_structure_of_an_error_names_it_too(error: dict[str, Any]) -> None:
    assert unsupported_fields(error_content(error)) == {"seed"}


def test_the_name_for_the_number_of_tokens_is_refused_only_where_another_is_named() -> None:
    assert unsupported_fields(error_content("'max_tokens' is not supported.")) == set()
    assert unsupported_fields(error_content("'max_tokens' is not supported. Use 'max_completion_tokens'.")) == {
        "max_tokens"
    }


@pytest.mark.parametrize(
    "text",
    [
        "Invalid 'temperature': must be at most 2",
        "Invalid parameter: temperature must be between 0 and 2",
        "Unsupported content type",
        "The content is not allowed: how to plant the seed of doubt",
        "unexpected error while the seed was read",
        "",
    ],
)
def test_other_errors_refuse_no_field(text: str) -> None:
    assert unsupported_fields(error_content(text)) == set()


@pytest.mark.parametrize(
    "message",
    [
        "This model only support stream mode, please enable the stream parameter to access the model.",
        "parameter.enable_thinking must be set to false for non-streaming calls",
        "enable thinking can not be support when `stream=False`.",
        "Stream must be set to true",
        "stream must be true",
        "'stream' must be true for this model",
        "Non-streaming requests are not supported for this model",
        "The model only supports streaming responses",
        "Streaming is required for this model. Set stream=true.",
        "该模型仅支持流式输出",
        "仅支持stream模式",
        "非流式调用不支持",
        "stream=false is not supported",
        "Only stream mode is supported",
        "Only streaming is supported for this model",
        "This model supports streaming only",
        "This is a streaming-only model",
        "stream: Input should be true",
        "You must use stream=True",
        "Please set stream to true",
        "Non streaming mode not supported",
        "non-stream requests are unsupported",
    ],
)
def test_a_server_that_only_streams_is_recognised(message: str) -> None:
    assert wants_stream(message)


@pytest.mark.parametrize(
    "message",
    [
        "Stream options can only be defined when `stream=True`. (parameter=stream_options)",
        "Cannot use tools with stream",
        "Streaming is not supported for this model",
        "upstream only supports HTTP/1.1",
        "stream must be false",
        "stream=true is not supported",
        "stream_options requires stream to be enabled",
        "logprobs are only supported without streaming",
    ],
)
def test_other_words_about_streams_are_not(message: str) -> None:
    assert not wants_stream(message)


@pytest.mark.parametrize("word", ["seed ", "'seed' is ", "not supported ", "stream ", "non-stream ", "supports "])
def test_a_hostile_error_takes_no_time(word: str) -> None:
    begun = time.process_time()
    unsupported_fields(error_content(word * 100_000))
    wants_stream(word * 100_000)
    assert time.process_time() - begun < 0.5
