from __future__ import annotations

from typing import Any

import msgspec
import pytest

from northstar.config.settings import InferenceSettings
from northstar.models.request import chat_body
from northstar.models.responses.request import at_openai, responses_body
from northstar.models.sampling_words import OF_LLAMA_CPP, OF_VLLM, SamplingWords
from northstar.models.tools import Tools

OPENAI, OWN = "https://api.openai.com/v1", "http://localhost:8000/v1"
HELLO = [{"role": "user", "content": "hello"}]
FUNCTION = {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}
TOOLS = Tools([{"type": "function", "function": FUNCTION}])
SCHEMA = {"type": "json_schema", "json_schema": {"name": "sum", "schema": {"type": "object"}, "strict": True}}


def body(
    address: str = OWN, words: SamplingWords | None = None, tools: Tools | None = None, **inference: Any
) -> dict[str, Any]:
    chat = chat_body("m", HELLO, InferenceSettings(**inference), 3, None, None, words)
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(responses_body(chat, address, tools, words)))
    return made


def test_the_request_has_input_for_messages_and_a_limit_of_its_own_name() -> None:
    assert body(tokens_to_generate=9) == {
        **{"model": "m", "input": HELLO, "temperature": 0.7, "top_p": 0.95, "max_output_tokens": 9},
        **{"seed": 3, "store": False},
    }


def test_no_limit_is_sent_where_none_is_set() -> None:
    assert "max_output_tokens" not in body(tokens_to_generate=None)


def test_values_that_leave_the_sampling_neutral_are_sent_as_to_the_chat() -> None:
    assert body(words=OF_VLLM).items() >= OF_VLLM.neutral.items()


def test_openai_is_told_to_store_nothing_and_to_seal_the_reasoning() -> None:
    made = body(OPENAI, tools=TOOLS)
    assert (made["store"], made["include"]) == (False, ["reasoning.encrypted_content"])
    assert "include" not in body(OWN, tools=TOOLS)


def test_nothing_is_sealed_where_there_is_no_conversation_or_no_reasoning() -> None:
    assert "include" not in body(OPENAI)
    chat = {"model": "gpt-4o", "messages": HELLO}
    assert "include" not in responses_body(chat, OPENAI, TOOLS)


def test_what_the_user_says_of_storing_and_including_holds() -> None:
    made = body(OPENAI, tools=TOOLS, extra_body={"store": True, "include": ["message.output_text.logprobs"]})
    assert made["store"] is True
    assert made["include"] == ["message.output_text.logprobs", "reasoning.encrypted_content"]


def test_tools_are_flat_and_not_strict_unless_they_say_so() -> None:
    tools = Tools(
        [{"type": "function", "function": FUNCTION}, {"type": "function", "function": FUNCTION | {"strict": True}}]
    )
    flat = {"type": "function", **FUNCTION}
    assert body(tools=tools)["tools"] == [flat | {"strict": False}, flat | {"strict": True}]


def test_a_schema_for_the_answer_becomes_a_format_of_its_text() -> None:
    made = body(extra_body={"response_format": SCHEMA, "text": {"verbosity": "low"}})
    wanted = {"type": "json_schema", "name": "sum", "schema": {"type": "object"}, "strict": True}
    assert made["text"] == {"verbosity": "low", "format": wanted}
    assert "response_format" not in made


def test_llama_cpp_whose_responses_take_the_words_of_its_chat_is_given_the_schema_in_those() -> None:
    made = body(words=OF_LLAMA_CPP, extra_body={"response_format": SCHEMA})
    assert made["response_format"] == SCHEMA
    assert "text" not in made


@pytest.mark.parametrize(
    ("address", "is_openai"),
    [
        (OPENAI, True),
        ("https://eu.api.openai.com/v1", True),
        ("https://lab.openai.azure.com/openai/v1", True),
        ("https://notapi.openai.com.evil.example/v1", False),
        (OWN, False),
        ("", False),
    ],
)
def test_openai_and_azure_are_known_by_their_hosts(address: str, is_openai: bool) -> None:
    assert at_openai(address) is is_openai
