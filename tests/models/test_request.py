"""What is sent, and what is left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

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
from northstar.models.tools import Tools

HELLO = [{"role": "user", "content": "hello"}]


def body(seed: int | None = 3, template: dict[str, Any] | None = None, **inference: Any) -> dict[str, Any]:
    return chat_body("m", HELLO, InferenceSettings(**inference), seed, template)


def test_the_defaults_of_a_seed() -> None:
    assert body() == {
        "model": "m",
        "messages": HELLO,
        "temperature": 0.7,
        "top_p": 0.95,
        "max_tokens": 2048,
        "seed": 3,
    }


def neutral(words: SamplingWords | None, **inference: Any) -> dict[str, Any]:
    """What is sent beside the defaults."""
    sent = chat_body("m", HELLO, InferenceSettings(**inference), 3, words=words)
    return {name: value for name, value in sent.items() if name not in body()}


NONE_OF_VLLM = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}


@pytest.mark.parametrize(
    ("words", "settings", "sent"),
    [
        (OF_VLLM, {}, NONE_OF_VLLM),
        (OF_SGLANG, {}, NONE_OF_VLLM),
        (OF_TENSORRT_LLM, {}, NONE_OF_VLLM | {"top_k": 0}),
        (OF_VLLM, {"neutral": False}, {}),
        (OF_VLLM, {"top_k": 20, "repetition_penalty": 1.1}, NONE_OF_VLLM | {"top_k": 20, "repetition_penalty": 1.1}),
        (OF_VLLM, {"extra_body": {"presence_penalty": 1.5}}, NONE_OF_VLLM | {"presence_penalty": 1.5}),
        (OF_PROVIDER, {}, {}),
        (None, {}, {}),
        (None, {"neutral": True}, NONE_OF_VLLM),
        (OF_PROVIDER, {"neutral": True}, NONE_OF_VLLM),
    ],
)
def test_what_was_not_given_is_neutral_in_the_words_of_the_server(
    words: SamplingWords | None, settings: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert neutral(words, **settings) == sent


def test_llama_cpp_has_its_own_words_and_more_samplers() -> None:
    assert neutral(OF_LLAMA_CPP) == {
        "top_k": 0,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "typical_p": 1.0,
        "top_n_sigma": -1.0,
        "dynatemp_range": 0.0,
        "xtc_probability": 0.0,
        "dry_multiplier": 0.0,
        "mirostat": 0,
    }


def test_a_repetition_penalty_reaches_llama_cpp_by_the_name_that_it_knows() -> None:
    assert neutral(OF_LLAMA_CPP, neutral=False, repetition_penalty=1.1) == {"repeat_penalty": 1.1}
    sent = neutral(OF_LLAMA_CPP, extra_body={"repeat_penalty": 1.2})
    assert (sent["repeat_penalty"], "repetition_penalty" in sent) == (1.2, False)


def test_texts_are_sampled_as_chats_are() -> None:
    assert text_body("m", "hello", InferenceSettings(), 3, OF_VLLM).items() >= NONE_OF_VLLM.items()


def test_a_greedy_generation_has_temperature_0_and_no_seed() -> None:
    sent = body(seed=None)
    assert (sent["temperature"], "seed" in sent) == (0.0, False)


def test_seed_0_is_sent() -> None:
    assert body(seed=0)["seed"] == 0


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("temperature", 0.0, "temperature"),
        ("top_p", 0.5, "top_p"),
        ("top_k", 0, "top_k"),
        ("min_p", 0.0, "min_p"),
        ("repetition_penalty", 1.1, "repetition_penalty"),
        ("tokens_to_generate", 9, "max_tokens"),
        ("stop", ["a", "b"], "stop"),
        ("stop", [], "stop"),
    ],
)
def test_each_setting_is_sent_under_the_servers_name_even_if_it_is_zero(setting: str, value: Any, name: str) -> None:
    assert body(**{setting: value})[name] == value


@pytest.mark.parametrize("setting", ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "stop"])
def test_what_is_none_is_left_to_the_server(setting: str) -> None:
    assert setting not in body(**{setting: None})


def test_no_limit_of_tokens_is_no_max_tokens() -> None:
    assert "max_tokens" not in body(tokens_to_generate=None)


def test_arguments_of_the_chat_template_are_sent() -> None:
    assert body(template={"enable_thinking": False})["chat_template_kwargs"] == {"enable_thinking": False}


def test_no_arguments_of_the_chat_template_are_not_sent() -> None:
    assert "chat_template_kwargs" not in body(template={})


def test_extra_body_is_sent_as_it_is() -> None:
    sent = body(extra_body={"ignore_eos": True, "new": None})
    assert (sent["ignore_eos"], sent["new"]) == (True, None)


def test_the_callers_messages_are_not_handed_on_themselves() -> None:
    body()["messages"].append("more")
    assert HELLO == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("prompt", ["Two and two is", [5, 7]])
def test_a_text_request_has_a_prompt_of_text_or_tokens(prompt: str | list[int]) -> None:
    assert text_body("m", prompt, InferenceSettings(tokens_to_generate=9, extra_body={"echo": False}), 3) == {
        "model": "m",
        "prompt": prompt,
        "temperature": 0.7,
        "top_p": 0.95,
        "max_tokens": 9,
        "seed": 3,
        "echo": False,
    }


def test_tools_are_sent_where_there_are_some() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    sent = chat_body("m", HELLO, InferenceSettings(), 3, None, Tools(tools))
    assert json.loads(msgspec.json.encode(sent))["tools"] == tools
    assert "tools" not in body()
