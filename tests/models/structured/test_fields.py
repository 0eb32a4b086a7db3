"""Structured output in the words of each kind of server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from northstar.config.settings import InferenceSettings
from northstar.models.request import chat_body, text_body
from northstar.models.sampling_words import (
    OF_LLAMA_CPP,
    OF_PROVIDER,
    OF_SGLANG,
    OF_TENSORRT_LLM,
    OF_VLLM,
    SamplingWords,
)
from northstar.models.structured.fields import structured_fields, why_unstructured

SCHEMA = {"type": "object", "required": ["a"]}
NAMED: dict[str, Any] = {"name": "answer", "schema": SCHEMA}
OPENAI = {"response_format": {"type": "json_schema", "json_schema": NAMED}}
STRICT = {"response_format": {"type": "json_schema", "json_schema": {**NAMED, "strict": True}}}


@pytest.mark.parametrize(
    ("words", "chat", "fields"),
    [
        (OF_VLLM, True, OPENAI),
        (OF_VLLM, False, OPENAI),
        (OF_SGLANG, True, OPENAI),
        (OF_SGLANG, False, {"json_schema": '{"type": "object", "required": ["a"]}'}),
        (OF_TENSORRT_LLM, True, {"response_format": {"type": "json", "schema": SCHEMA}}),
        (OF_LLAMA_CPP, True, OPENAI),
        (OF_LLAMA_CPP, False, {"json_schema": SCHEMA}),
        (OF_PROVIDER, True, STRICT),
        (None, True, STRICT),
        (OF_PROVIDER, False, {}),
    ],
)
def test_a_schema(words: SamplingWords | None, chat: bool, fields: dict[str, Any]) -> None:
    assert structured_fields(InferenceSettings(json_schema=SCHEMA), words, chat=chat) == fields


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (OF_VLLM, {"structured_outputs": {"regex": "a+"}}),
        (OF_SGLANG, {"regex": "a+"}),
        (OF_TENSORRT_LLM, {"response_format": {"type": "regex", "regex": "a+"}}),
        (OF_LLAMA_CPP, {}),
        (OF_PROVIDER, {}),
    ],
)
def test_a_pattern(words: SamplingWords, fields: dict[str, Any]) -> None:
    assert structured_fields(InferenceSettings(regex="a+"), words, chat=True) == fields


def test_what_a_server_cannot_do_is_refused() -> None:
    pattern, schema = InferenceSettings(regex="a+"), InferenceSettings(json_schema=SCHEMA)
    assert why_unstructured(pattern, OF_LLAMA_CPP, chat=True).startswith("++inference.regex: llama.cpp can't hold")
    assert "a provider's server" in why_unstructured(pattern, OF_PROVIDER, chat=True)
    assert "at its chat endpoint only" in why_unstructured(schema, OF_PROVIDER, chat=False)
    assert why_unstructured(InferenceSettings(), OF_PROVIDER, chat=False) == ""
    assert why_unstructured(schema, OF_VLLM, chat=True) == ""


def test_requests_of_both_endpoints_carry_it() -> None:
    inference = InferenceSettings(json_schema=SCHEMA)
    assert chat_body("m", [], inference, None)["response_format"]["type"] == "json_schema"
    assert text_body("m", "p", inference, None, OF_LLAMA_CPP)["json_schema"] == SCHEMA
    assert "response_format" not in chat_body("m", [], InferenceSettings(), None)


def test_two_ways_to_say_it_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave one out"):
        InferenceSettings(json_schema=SCHEMA, regex="a")
    with pytest.raises(ValidationError, match=r"extra_body\.response_format and json_schema"):
        InferenceSettings(json_schema=SCHEMA, extra_body={"response_format": {}})


def test_a_schema_may_be_a_file(tmp_path: Any) -> None:
    (tmp_path / "s.json").write_text('{"type": "object", "required": ["a"]}')
    given: dict[str, Any] = {"json_schema": str(tmp_path / "s.json")}
    assert InferenceSettings(**given).json_schema == SCHEMA
    with pytest.raises(ValidationError, match=r"cannot read the schema no\.json: No such file"):
        InferenceSettings(**{"json_schema": "no.json"})  # type: ignore[arg-type]


def test_plans_of_earlier_versions_stay_equal() -> None:
    assert not {"json_schema", "regex"} & InferenceSettings().model_dump().keys()
    stored = InferenceSettings(regex="a").model_dump()
    assert InferenceSettings(**stored).regex == "a"
