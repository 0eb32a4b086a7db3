"""What the finish reasons of many servers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.finish_reasons import WORDS, Meaning, meaning_of


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


@pytest.mark.parametrize(
    "reason", ["7", '["stop"]', "[7]", "true", "OTHER", "other", "FINISH_REASON_UNSPECIFIED", "wandered_off", "..."]
)
def test_any_other_word_is_unknown(reason: str) -> None:
    assert meaning_of(reason) is Meaning.UNKNOWN


@pytest.mark.parametrize(
    "reason",
    [
        "Error: CUDA out of memory",
        *(
            "EngineDeadError",
            "InternalServerError",
            "TimeoutError",
            "ConnectionResetError",
            "InsufficientSystemResource",
        ),
        *("exception", "internal", "out_of_memory", "OOM", "killed", "terminated", "disconnected", "worker died"),
        *("request_cancelled", "aborted_by_user", "RequestAborted", "stopped: abort", "preemption", "evicted"),
        *("request_timeout", "time_out", "Timed out", "upstream_timeout", "deadline_exceeded"),
        *("connection_error", "model_error", "generation_error", "stream_error", "system_error", "failed_generation"),
        *(
            "service_unavailable",
            "server_shutdown",
            "server busy",
            "kv_cache_full",
            "shutdown",
            "content_filter_error",
            "stream closed",
        ),
        *("running", "in_progress", "pending", "QUEUED"),
    ],
)
def test_words_that_no_server_is_known_for_tell_of_a_failure_by_their_parts(reason: str) -> None:
    assert meaning_of(reason) is Meaning.FAILED


@pytest.mark.parametrize(
    "reason",
    ["maxOutputTokens", "tokenlimit", "truncate", "max_tokens_reached", "LengthLimit", "Max length reached", "CUT_OFF"],
)
def test_and_of_a_limit_of_tokens(reason: str) -> None:
    assert meaning_of(reason) is Meaning.CUT_OFF


@pytest.mark.parametrize("reason", ["ContentFilter", "moderation", "policy_violation", "blocked", "unsafe content"])
def test_and_of_a_filter(reason: str) -> None:
    assert meaning_of(reason) is Meaning.WITHHELD


@pytest.mark.parametrize(
    "reason", ["default", "terminator", "no_error_found", "errand", "not_aborted", "maximum_effort"]
)
def test_words_that_only_look_alike_are_unknown(reason: str) -> None:
    assert meaning_of(reason) is Meaning.UNKNOWN


@pytest.mark.parametrize("meaning", [Meaning.WHOLE, Meaning.CUT_OFF, Meaning.WITHHELD, Meaning.FAILED])
def test_how_a_word_is_written_makes_no_difference(meaning: Meaning) -> None:
    """As it is, in capitals, with spaces, hyphens or a capital for each word, and as an enumeration's member."""
    for word in WORDS[meaning].split():
        parts = word.split("_")
        spellings = (
            word.upper(),
            " ".join(parts),
            "-".join(parts),
            "".join(part.capitalize() for part in parts),
            f"FinishReason.{word.upper()}",
            f"FINISH_REASON_{word.upper()}",
        )
        assert {spelling: meaning_of(spelling) for spelling in spellings} == dict.fromkeys(spellings, meaning)


@given(st.text(max_size=80))
def test_no_text_that_holds_the_word_error_is_whole(text: str) -> None:
    assert meaning_of(f"{text} error") is not Meaning.WHOLE
