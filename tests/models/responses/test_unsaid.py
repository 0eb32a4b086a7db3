from __future__ import annotations

from typing import Any

import pytest

from northstar.config.settings import InferenceSettings
from northstar.models.responses.unsaid import takes_seeds, why_not_said


def why(words: str | None, template: tuple[str, ...] = (), **inference: Any) -> str | None:
    return why_not_said(InferenceSettings(**inference), template, words)


@pytest.mark.parametrize("setting", [{"top_k": 20}, {"min_p": 0.1}, {"repetition_penalty": 1.1}, {"stop": ["x"]}])
def test_openai_has_no_word_for_what_only_its_chat_or_other_servers_take(setting: dict[str, Any]) -> None:
    assert why("openai", **setting) == (
        f"the Responses API has no word for ++inference.{next(iter(setting))} here; leave that out, or ask with "
        "++inference.endpoint_type=chat."
    )
    assert [why(words, **setting) for words in ("vllm", "sglang", "llamacpp", None)] == [None] * 4


@pytest.mark.parametrize("name", ["logprobs", "reasoning_effort", "stream_options"])
def test_words_of_chats_that_a_server_would_pass_over_are_refused(name: str) -> None:
    body = {name: 1}
    assert [why(words, extra_body=body) is None for words in ("openai", "vllm", "sglang")] == [False] * 3
    assert why("llamacpp", extra_body=body) is None


def test_vllm_has_a_word_for_biased_tokens_and_openai_none() -> None:
    body = {"logit_bias": {"1": 2}}
    assert (why("vllm", extra_body=body) is None, why("openai", extra_body=body) is None) == (True, False)


def test_openai_has_no_template_to_give_arguments_to() -> None:
    assert "++chat_template_kwargs.enable_thinking" in (why("openai", ("enable_thinking",)) or "")


def test_gemini_and_anthropic_have_no_such_api() -> None:
    assert why("gemini") == "++inference.endpoint_type=responses: Gemini has no Responses API."
    assert why("anthropic") == "++inference.endpoint_type=responses: Anthropic has no Responses API."


def test_openai_and_sglang_take_no_seed_there() -> None:
    servers = ("openai", "sglang", "vllm", "llamacpp", None)
    assert [takes_seeds(words) for words in servers] == [False, False, True, True, True]
