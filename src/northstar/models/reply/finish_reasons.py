"""The meaning of finish reasons, as common servers use them.

From the sources and references of vLLM, SGLang, TensorRT-LLM, llama.cpp, TGI, LMDeploy, MLC, Dynamo, and of OpenAI,
Azure, OpenRouter, Anthropic, Gemini, DeepSeek, Mistral, Cohere, Bedrock, Together, Zhipu, DashScope, Baidu.
"""

from __future__ import annotations

import re
from enum import Enum


class Meaning(Enum):
    """What a finish reason says about its answer.

    WHOLE: the model ended it, or nothing is said. CUT_OFF: it reached a limit of tokens. WITHHELD: a filter, the server
    or the model withheld the answer; what arrived is graded. FAILED: the server could not finish it, so there is no
    answer; in a record it only stands beside an `error`. UNKNOWN: no known server uses this word; the answer is graded.
    """

    WHOLE = "whole"
    CUT_OFF = "cut off"
    WITHHELD = "withheld"
    FAILED = "failed"
    UNKNOWN = "unknown"


WORDS = {
    Meaning.WHOLE: (
        "stop stopped complete completed finished done normal null none success succeeded ok eos eos_token "
        "eos_found eosfound end_id endoftext end_of_text end_turn endturn end_of_turn stop_sequence stopsequence "
        "stop_string stop_words stop_word stop_criteria_met stop_token word tool_calls tool_call tool_use tooluse "
        "function_call function_calls pause_turn repetition "
        "step_limit tool_limit nothing_to_judge"  # Northstar's own
    ),
    Meaning.CUT_OFF: (
        "length max_tokens maxtokens max_length max_output_tokens max_completion_tokens max_new_tokens model_length "
        "model_context_window_exceeded context_length_exceeded context_length context_window_exceeded limit truncated"
    ),
    Meaning.WITHHELD: (
        "content_filter content_filtered contentfilter content_filter_results filtered guardrail_intervened guardrails "
        "refusal refused sensitive safety recitation language blocklist prohibited_content spii model_armor "
        "error_toxic malformed_function_call unexpected_tool_call too_many_tool_calls malformed_response "
        "malformed_model_output malformed_tool_use missing_thought_signature image_safety image_prohibited_content "
        "image_recitation no_image image_other"
    ),
    Meaning.FAILED: "unfinished incomplete load unload internal running pending queued waiting processing scheduled",
}
_MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
_STEMS = {
    Meaning.FAILED: (
        "abort|cancel|error|errored|fail|exception|fault|crash|panic|kill|terminated|interrupt|disconnect|preempt|evict|"
        "drop|reject|denied|expir|stall|closed|no_response|unavailable|unreachable|overload|busy|exhaust|insufficient|dead|died|oom|lost|timeout|"
        "time_?(?:d_)?out|time_limit|deadline|out_of_memory|shut_?down|rate_limit|too_many_requests|throttl|quota|"
        "connection|network|upstream|cache_full|no_space|no_memory|no_capacity|no_slots?|provider_|unclosed|not_finished|in_progress|(?:un|not_)complete|restart"
    ),
    Meaning.CUT_OFF: (
        "trunc|cut_off|max(?:imum)?_(?:[a-z]+_)*(?:token|length|len)s?|token_?(?:limit|budget)|"
        "(?:output|context)_(?:[a-z]+_)*(?:limit|exceed|full|size|window)|length|out_of_(?:tokens|context)"
    ),
    Meaning.WITHHELD: (
        "filter|safety|unsafe|moderat|refus|blocked|prohibit|polic(?:y|ies)|guardrail|toxic|harm|sensitiv|recitation|"
        "copyright|malformed|violat|jailbreak"
    ),
}
"""Beginnings of words in reasons of unknown servers; the first meaning with a match applies."""
_NEGATED = r"(?:^|_)(?:no|not|without)_(?:error|failure|abort|timeout)"


def meaning_of(finish_reason: str | None) -> Meaning:
    """Return the meaning of a finish reason in any server's spelling.

    None and '' (no reason given) are WHOLE; a JSON list is UNKNOWN. A word outside the table is judged by its parts.

    >>> meaning_of("MAX_TOKENS").value, meaning_of("FinishReason.SAFETY").value, meaning_of("EngineDeadError").value
    ('cut off', 'withheld', 'failed')
    """
    if not finish_reason:
        return Meaning.WHOLE
    known = _MEANING.get(finish_reason)
    if known is not None:
        return known
    words = _in_words(finish_reason)
    no_word = finish_reason.startswith(("[", "{"))
    for plain in () if no_word else (words, words.partition("finish_reason_")[2]):
        if plain in _MEANING:
            return _MEANING[plain]
    if re.search(_NEGATED, words):
        return Meaning.UNKNOWN
    return next(
        (meaning for meaning, stems in _STEMS.items() if re.search(f"(?:^|_)(?:{stems})", words)), Meaning.UNKNOWN
    )


def _in_words(reason: str) -> str:
    """Normalise a reason's spelling.

    >>> _in_words("maxOutputTokens"), _in_words("FinishReason.MAX_OUTPUT_TOKENS")
    ('max_output_tokens', 'finish_reason_max_output_tokens')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", reason[:200])
    return "_".join(re.findall(r"[a-z0-9]+", parted.lower()))


class Withheld(Enum):
    """Who withheld an answer whose finish reason is WITHHELD, and why."""

    FILTERED = "filtered"
    DECLINED = "declined"
    UNUSABLE = "unusable"


def withheld_by(finish_reason: str | None) -> Withheld:
    """Return FILTERED (by the server), DECLINED (by the model), or UNUSABLE (the server could not read its calls)."""
    words = _in_words(finish_reason or "")
    if re.search("malformed|tool_call|thought_signature", words):
        return Withheld.UNUSABLE
    return Withheld.DECLINED if "refus" in words else Withheld.FILTERED
