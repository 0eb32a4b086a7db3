"""What the finish reasons of the servers people use mean for an answer.

From the sources and references of vLLM, SGLang, TensorRT-LLM, llama.cpp, TGI, LMDeploy, MLC, Dynamo, and of OpenAI,
Azure, OpenRouter, Anthropic, Gemini, DeepSeek, Mistral, Cohere, Bedrock, Together, Zhipu, DashScope, Baidu.
"""

from __future__ import annotations

from enum import Enum


class Meaning(Enum):
    """What a finish reason says of the answer that it came with.

    WHOLE: the model ended it, or says nothing of it. CUT_OFF: it ended at a limit of tokens. WITHHELD: a filter, the
    server or the model kept the answer back; what came is graded as it stands. FAILED: the server could not finish it:
    no answer, and in a record only as the word beside an `error`. UNKNOWN: a word that no server here is known to use;
    graded as it stands.
    """

    WHOLE = "whole"
    CUT_OFF = "cut off"
    WITHHELD = "withheld"
    FAILED = "failed"
    UNKNOWN = "unknown"


_WORDS = {
    Meaning.WHOLE: (
        "stop complete completed finished done normal null eos eos_token eosfound end_id endoftext end_turn endturn "
        "stop_sequence stopsequence stop_words stop_word stop_criteria_met stop_token word tool_calls tool_call "
        "tool_use tooluse function_call pause_turn repetition "
        "step_limit nothing_to_judge"  # Northstar's own
    ),
    Meaning.CUT_OFF: (
        "length max_tokens maxtokens max_length max_output_tokens max_completion_tokens max_new_tokens model_length "
        "model_context_window_exceeded context_length_exceeded context_length context_window_exceeded limit truncated"
    ),
    Meaning.WITHHELD: (
        "content_filter content_filtered contentfilter content_filter_results filtered guardrail_intervened guardrails "
        "refusal sensitive safety recitation language blocklist prohibited_content spii model_armor error_toxic "
        "malformed_function_call unexpected_tool_call too_many_tool_calls malformed_response malformed_model_output "
        "malformed_tool_use missing_thought_signature image_safety image_prohibited_content image_recitation no_image "
        "image_other"
    ),
    Meaning.FAILED: (
        "abort aborted error errored failed failure internal_error server_error engine_error network_error timeout "
        "timed_out time_limit cancel cancelled canceled user_cancel user_cancelled client_disconnect not_finished "
        "unfinished incomplete interrupted preempt preempted insufficient_system_resource error_limit rate_limit "
        "rate_limited overloaded upstream_error provider_error unclosed_stream load unload"
    ),
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}


def meaning_of(finish_reason: str | None) -> Meaning:
    """What a finish reason means, whoever's word it is, in capitals or not ('MAX_TOKENS', 'FinishReason.SAFETY').

    None and an empty text, of servers that give no reason, are WHOLE.
    """
    if not finish_reason:
        return Meaning.WHOLE
    known = _MEANING.get(finish_reason)
    if known is not None:
        return known
    plain = finish_reason.lower().replace("-", "_").replace(" ", "_").rpartition(".")[2].removeprefix("finish_reason_")
    return _MEANING.get(plain, Meaning.UNKNOWN)
