"""What the finish reasons of many servers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.finish_reasons import Meaning, meaning_of


@pytest.mark.parametrize(
    "reason",
    [
        None,
        "",
        "null",
        *("stop", "tool_calls", "function_call"),  # OpenAI
        "repetition",  # vLLM ended a loop
        *("eos_token", "stop_sequence"),  # TGI
        *("end_turn", "tool_use", "pause_turn"),  # Anthropic
        *("STOP", "FINISH_REASON_STOP", "FinishReason.STOP"),  # Gemini and its clients
        *("COMPLETE", "STOP_SEQUENCE", "TOOL_CALL"),  # Cohere
        *("step_limit", "nothing to judge"),  # Northstar's own
        *("eos", "FINISHED", "tool-calls", "normal", "endoftext"),  # Together, Titan, the AI SDK, Baidu, AI21
    ],
)
def test_an_answer_that_the_model_ended_is_whole(reason: str | None) -> None:
    assert meaning_of(reason) is Meaning.WHOLE


@pytest.mark.parametrize(
    "reason",
    [
        "length",
        "max_tokens",
        "MAX_TOKENS",
        "model_length",
        "LENGTH",
        "max_output_tokens",
        "model_context_window_exceeded",
    ],
)
def test_an_answer_that_ended_at_a_limit_of_tokens_is_cut_off(reason: str) -> None:
    assert meaning_of(reason) is Meaning.CUT_OFF


@pytest.mark.parametrize(
    "reason",
    [
        "content_filter",
        "content-filter",
        "refusal",
        "sensitive",  # Zhipu
        "ERROR_TOXIC",  # Cohere
        "guardrail_intervened",  # Bedrock
        *("SAFETY", "safety", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),  # Gemini
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"),
    ],
)
def test_an_answer_that_was_kept_back_is_withheld(reason: str) -> None:
    assert meaning_of(reason) is Meaning.WITHHELD


@pytest.mark.parametrize(
    "reason",
    [
        "abort",  # vLLM, SGLang
        "error",  # vLLM, Mistral, OpenRouter, LMDeploy
        *("cancelled", "not_finished", "timeout"),  # TensorRT-LLM
        "insufficient_system_resource",  # DeepSeek
        "network_error",  # Zhipu
        *("ERROR", "ERROR_LIMIT", "USER_CANCEL"),  # Cohere
    ],
)
def test_an_answer_that_the_server_could_not_finish_has_failed(reason: str) -> None:
    assert meaning_of(reason) is Meaning.FAILED


@pytest.mark.parametrize("reason", ["OTHER", "other", "FINISH_REASON_UNSPECIFIED", "wandered_off", "..."])
def test_any_other_word_is_unknown(reason: str) -> None:
    assert meaning_of(reason) is Meaning.UNKNOWN


@given(st.text(max_size=80))
def test_every_text_means_something(reason: str) -> None:
    assert isinstance(meaning_of(reason), Meaning)
