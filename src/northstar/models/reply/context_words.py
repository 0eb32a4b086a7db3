"""Recognises errors about a request that exceeds the model's context, by the wording of common servers."""

from __future__ import annotations

import re

_LONGEST = 2000
"""Characters of an error that are searched."""


def _any(*patterns: str) -> str:
    return "(?is)" + "|".join(f"(?:{pattern})" for pattern in patterns)


# Patterns are compiled on the first error: most runs have none.
_CONTEXT = (
    r"context[ _-]?(?:length|size|window|limit)|(?:model|sequence|session)[ _]len(?:gth)?\b|max_seq_len\w*|n_ctx\b"
)
_EXCEEDS = (
    r"(?:exceed(?:s|ed|ing)?|surpass(?:es|ed)?|overflow(?:s|ed)?|over|above|(?:longer|larger|greater|bigger|more) "
    r"than)\b"
)
_TOO_LITTLE = rf"{_EXCEEDS}|\b(?:reduce|shorten|fits?|maximum|too (?:long|large|small)|less than)\b"
_ASKED = r"\b(?:prompts?|inputs?|requests?|requested|messages?|conversation|sequence|query|total)\b"
_TOKENS = r"(?:tokens?|length|len|context)\b"
_LIMIT = r"\b(?:max\w*|limit\w*|allowed|supports?|supported|capacity)\b"
_ANSWER_LIMIT = r"\bmax\w*_tokens\b"
_TOO_LONG_ZH = r"(?:超过|超出|超长|过长|太长|大于|超限)"

_SURE = _any(
    r"context_?(?:length|window)_?exceeded|exceed_context_size|tokens_limit_reached|prompt_too_long|\(1261\)",
    r"context (?:length|window) exceeded",
    # "This model's maximum context length is 4096 tokens. However, you requested …"
    r"maximum (?:context|sequence|model) length(?: is| of|:) ?\d.{0,120}"
    r"\b(?:you|your|requested|prompt|messages?|input)\b",
    rf"{_EXCEEDS} (?:the |this |its )?(?:model(?:'s|s)? )?(?:available |maximum |max )?"
    r"(?:context (?:length|size|window|limit)|model (?:input )?length)",  # "… exceeds the available context size"
    rf"{_EXCEEDS} (?:the )?(?:max_model_len|max_seq_len|session_len|max_num_tokens)",
    r"exceeds? (?:the )?maximum (?:input|prompt) length",
    r"prompt is too long: \d+ tokens > \d+",
    r"input token count \(?\d+\)? exceeds the maximum number of tokens",
    # "max_tokens must be at least 1, got -14": what the prompt leaves is less than nothing
    rf"{_ANSWER_LIMIT}.{{0,80}}(?:got|given|received|found|was|is|value|input|not|but|[:=])\W{{0,3}}-\d",
    rf"{_ANSWER_LIMIT}.{{0,80}}\b(?:got|given|received|found)\W{{0,3}}0\b(?!\.\d)",
    r"default_max_tokens \(-\d",
    r"exceed max message tokens",
    r"模型(?:的)?最大上下文|上下文.{0,20}" + _TOO_LONG_ZH,
)
"""Phrases that servers use for nothing else."""

_LIKELY = _any(
    rf"(?:{_CONTEXT}).{{0,160}}(?:{_TOO_LITTLE})|(?:{_TOO_LITTLE}).{{0,160}}(?:{_CONTEXT})",
    rf"(?:{_CONTEXT}) .{{0,60}}\b(?:but|however)\b.{{0,60}}\b{_TOKENS}",
    r"context the overflows|context overflow",
    # "prompt tokens too long", "Input is too long for requested model"
    r"\b(?:prompts?|inputs?|messages?|conversation|sequence|chat history)(?: (?:text|tokens?|length|history))?"
    r"(?: \([^)]{0,60}\))? ?(?:is |are |was |were )?(?:too|overly) long",
    r"\bprompts? (?:is |are )?too large\b.{0,40}\btokens|\btext (?:is )?too long\b.{0,40}\btokens",
    # "Prompt exceeds max length", "Input length 50000 exceeds the maximum length 32768"
    rf"{_ASKED}.{{0,60}}{_EXCEEDS}.{{0,60}}{_LIMIT}.{{0,30}}\b{_TOKENS}",
    rf"{_ASKED}.{{0,60}}{_EXCEEDS}.{{0,40}}\b{_TOKENS}.{{0,20}}{_LIMIT}",
    rf"{_ASKED}.{{0,30}}\b{_TOKENS}.{{0,40}}{_EXCEEDS}.{{0,40}}(?:{_LIMIT}|\d{{3}})",
    rf"\btokens? (?:count|number|sum)?.{{0,20}}\b{_EXCEEDS}.{{0,30}}(?:{_LIMIT}|\d{{3}})",
    rf"{_LIMIT}.{{0,30}}\b(?:prompt|input|request|messages?)\b.{{0,40}}\b{_TOKENS}.{{0,40}}(?:{_EXCEEDS}|\d{{3}})",
    r"\b(?:prompt|input|request|messages?) (?:has|have|had|contains?|of|with|is) \d+ (?:\w+ )?tokens?\b.{0,80}"
    rf"(?:{_LIMIT}|{_EXCEEDS}|\bonly\b|>)",
    # "The sum of prompt tokens and max_tokens exceeds 8192", "`inputs` tokens + `max_new_tokens` must be <= 4096"
    rf"\b(?:prompt|inputs?)\b.{{0,60}}(?:\band\b|\bplus\b|\+).{{0,40}}(?:{_ANSWER_LIMIT}|output|completion|generat\w+)"
    rf".{{0,60}}(?:{_EXCEEDS}|<=|less than)",
    rf"{_ASKED}.{{0,30}}\b{_TOKENS}\W{{0,3}}\d+\W{{1,3}}> ?\d{{3}}",
    r"\btokens? > \d{3}|\b(?:the )?(?:token|length) limit (?:was |is |has been )?exceeded",
    rf"{_EXCEEDS} (?:\w+ ){{0,3}}token limit|too many (?:input |prompt )?tokens\b",
    r"maximum (?:prompt|input|sequence) length|maximum allowed (?:input |prompt )?length",
    r"max(?:imum)? input (?:tokens|characters)|maximum number of (?:input )?tokens allowed",
    r"range of input length should be|model only supports up to|tokens to keep from the initial prompt",
    r"reduce the (?:length|size) of (?:the|your) (?:messages?|prompt|input)",
    r"length of prompt_tokens|\binputs\b\W{1,2} must have (?:less|fewer)",
    r"request body too large for .{0,80}max size.{0,20}tokens",
    rf"(?:输入|提示|请求|消息|对话|内容|文本|token|prompt)[^。，]{{0,20}}(?:长度|token|字数|输入|内容|prompt)?\w{{0,6}}{_TOO_LONG_ZH}",
)
"""Phrases that mean it unless one of the following stands beside them."""

_OF_RATES = (
    r"(?is)per[ -]?(?:min|minute|day|hour|second)\b|\b[TRQ]P[MSD]\b|rate.?limit|too many requests|quota|\bwait\b|"
    r"频率|次数|并发|速率|每分钟|限流|配额|额度"
)
_OF_WHAT_PASSES = _any(
    r"overload|\bbusy\b|\bqueued?\b|time[d]?.?out|in flight|\bwaiting\b|restart|temporar|unavailable|try again later",
    r"\bmemory\b|\bloading\b|\btook\b|繁忙|稍后",
)
_OF_OTHERS = _any(
    # the length of an answer, whatever was asked
    r"completion tokens, whereas|maximum allowed number of output tokens|range of max_tokens|maximum value for",
    r"maximum tokens you requested",
    r"max(?:imum)?[ _](?:output|completion|new)[ _]tokens\W{0,3}(?:exceeds|must be less|is too)",
    # other things that are too long, or too many
    r"\b(?:access|id|auth\w*|bearer|refresh|api|session) token",
    r"string too long|expected maxlength|not a multiple",
    r"\b(?:stop|function|tools?|name|description|schema|metadata|user|"
    r"urls?|uri|audio|video|images?|files?|uploaded|payload|array|batch|logit_bias|logprobs|temperature|top_[pk]|seed|n)"
    r"\b['\"`]?(?:\[\d+\])?(?:[.:]| (?:input|exceeds?|is|are|has|sequences?|length|size|url|description|names?|in)\b)",
    r"(?:max\w*|limit|than|over|of|exceeds?)\b(?: \w+){0,3} \d+ ?"
    r"(?:[KMG]i?B|bytes|images?|sequences?|items|elements|messages|files|pages|tools|functions|m?s|seconds|minutes)\b",
    r"图片|图像|图|文件|音频|视频|工具|[0-9]+ ?[KMG]B",
)

_CONTEXT_LENGTH = (
    r"(?i)(?:maximum context length:?(?: is| of)?|context length(?: is| of|:)?(?: only)? ?\(?|max_model_len=|"
    r"max_seq_len \(|n_ctx\W+|maximum prompt length is|context limit: [\d +]+>|input length should be \[1,|"
    r"tokens >|tokens allowed \(|limit is|model limit of|token limit:)\s*(\d{2,9})\b"
)


def speaks_of_context(message: str) -> bool:
    """Return whether an error that refuses one request says that it exceeds the context.

    >>> speaks_of_context("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.")
    True
    """
    message = message[:_LONGEST]
    if speaks_surely_of_context(message):
        return True
    if re.search(_LIKELY, message) is None:
        return False
    return not any(re.search(words, message) for words in (_OF_RATES, _OF_WHAT_PASSES, _OF_OTHERS))


def speaks_surely_of_context(message: str) -> bool:
    """Return the same for an error that may be about anything, such as an overloaded server: exact phrases only."""
    message = message[:_LONGEST]
    if re.search(_SURE, message) is None:
        return False
    return not any(re.search(words, message) for words in (_OF_RATES, _OF_WHAT_PASSES))


def context_length_in(message: str) -> int | None:
    """Return the number of tokens that fit into the context, if the error gives it."""
    found = re.search(_CONTEXT_LENGTH, message[:_LONGEST])
    return int(found[1]) if found else None
