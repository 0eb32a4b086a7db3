"""Recognises errors that refuse a field of the request, or an answer without streaming."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from northstar.models.reply.error_body import ErrorContent

_LONGEST = 2000
"""Characters of an error that are searched."""
LIMIT, NEW_LIMIT = "max_tokens", "max_completion_tokens"

# Patterns are compiled when the first error comes: most runs have none.
_KINDS = (
    r"(?i)(?:unsupported|unknown|unrecogni[sz]ed|unexpected|extra)_?(?:request_)?(?:param|field|arg|value|propert|key|name|"
    r"input|option|attribute|forbidden)|value_error\.extra|additionalprop"
)
"""Names of the error for a superfluous field, by pydantic, OpenAI, ajv and others."""
_NOT_PERMITTED = r"(?i)extra (\w+ )?(are )?(not permitted|forbidden)|(unexpected|unknown) (keyword|field)"
_IN_TEXT = r"extra_forbidden['\"],\s*['\"]loc['\"]:\s*[\[(]([^\])]{0,200})[\])]"
"""Pydantic's list, as older vLLM puts it into a text."""

_FIELDS = (
    r"temperature|top_p|seed|max_tokens|max_completion_tokens|top_k|min_p|typical_p|stop|n|best_of|logprobs|"
    r"top_logprobs|logit_bias|(?:presence|frequency|repetition)_penalty|response_format|tools|tool_choice|"
    r"parallel_tool_calls|functions|function_call|stream|stream_options|user|metadata|store|reasoning_effort|reasoning|"
    r"thinking|enable_thinking|chat_template_kwargs|guided_\w+|skip_special_tokens|echo|suffix"
)
"""Fields of a chat request; a refusal of any other field must not be taken for one that it is named after."""
_BEFORE_A_FIELD = (
    r"(?:parameters?|arguments?|params?|fields?|options?|propert(?:y|ies)|supports?|unsupported|names?|keys?|supplied|"
    r"参数|字段)"
)
_BEHIND_A_FIELD = r"(?:is|are|parameter|param|field|argument|option|does|may|can|cannot|was|extra|not|isn't|has)\b"
_A_FIELD = "|".join(  # as a field, not as a word of a text that is quoted
    (
        rf"['\"`](?:body\.)?(?P<quoted>{_FIELDS})['\"`]",  # 'seed'
        rf"{_BEFORE_A_FIELD}(?:\s*[:\[('\"`=]\s*|\s+)['\"`]?(?P<called>{_FIELDS})(?!\w)",  # parameters: [seed, …
        rf"(?<![\w.'\"`-])(?P<bare>{_FIELDS})(?=[=:,)\]]|\s*$|\s*\(|\s+{_BEHIND_A_FIELD})",  # seed=3; seed is not …
    )
)
_REFUSED = (
    r"(?:un|not |n't |non-?)support|"
    r"not (?:be )?(?:allowed|permitted|recogni[sz]ed|accepted|available|implemented|used)|"
    r"n't (?:be )?(?:allowed|permitted|recogni[sz]ed|accept|available|implemented|used)|"
    r"cannot be (?:used|set|specified|given|changed)|not a valid (?:field|parameter|argument|option)|"
    r"only the default|should not exist|is not one of the|is unknown|"
    r"only \d[\d.]* is allowed|may only be set|deprecated|forbidden|extra (?:inputs|fields)|"
    r"was unexpected|additional propert|unrecogni[sz]ed|"
    r"(?:unknown|invalid|unexpected|illegal|extra) (?:keyword |request )?"
    r"(?:name|field|parameter|param|argument|key|option|property|input)|不支持|不允许|未知参数|无效参数|非法参数|参数无效"
)
_ALLOWED_AFTER = (
    r"(?i)expected one of|one of the following|(?<!un)(?<!not )(?<!n't )\b"
    r"(?:supported|allowed|valid|accepted|permitted|"
    r"available|known|recogni[sz]ed|possible|expected)\s+(?:\w+\s+)?(?:parameters?|params?|fields?|arguments?|options?|"
    r"propert(?:y|ies)|keys?|names?)\W{0,3}\s*(?:are|is|include|:)|支持的参数|可用参数"
)
"""After these words, an error lists what the server does accept."""
_OUT_OF_RANGE = (
    r"(?i)must be (?:at|<|>|=|between|in\b|less|greater|a\b|an\b|positive)|at most|at least|out of range|should be"
)
_NOT_BOTH = r"(?i)(cannot|can't|can not|not) both be"


def unsupported_fields(content: ErrorContent) -> frozenset[str]:
    """Return the request fields that the server refuses, by the error's structure, or else by its text.

    By text only the first named field is returned; a server that refuses several says so again. 'max_tokens' is
    returned only if the text names its replacement.
    """
    if found := frozenset(_by_structure(content)) - {""}:
        return found
    words = " ".join(content.texts)[:_LONGEST]
    allowed = re.search(_ALLOWED_AFTER, words)
    words = words[: allowed.start()] if allowed else words
    if excludes_each_other(words):
        return frozenset(_named(found) for found in re.finditer(f"(?i){_A_FIELD}", words))
    if not any(re.match(_KINDS, name) for name in content.names) and not _refuses(words):
        return frozenset()
    field = _refused_in(words)
    return frozenset() if field is None or (field == LIMIT and NEW_LIMIT not in words) else frozenset((field,))


def excludes_each_other(words: str) -> bool:
    """Return whether the server accepts only one of several fields, such as temperature and top_p (Anthropic)."""
    return re.search(_NOT_BOTH, words[:_LONGEST]) is not None


def _refuses(words: str) -> bool:
    if re.search(f"(?i){_REFUSED}", words) is None:
        return False
    return re.search(r"(?i)\binvalid\b", words) is None or re.search(_OUT_OF_RANGE, words) is None


def _refused_in(words: str) -> str | None:
    """Return the field just before the words of a refusal, or else the first named one."""
    subject = re.search(rf"(?i)(?:{_A_FIELD})['\"`]?(?:\s*\([^)]*\))?(?:[\s:]+\w+){{0,2}}?[\s:]+(?:{_REFUSED})", words)
    found = subject or re.search(f"(?i){_A_FIELD}", words)
    return None if found is None else _named(found)


def _named(found: re.Match[str]) -> str:
    return (found["quoted"] or found["called"] or found["bare"]).lower()


def _by_structure(content: ErrorContent) -> Iterator[str]:
    for part in content.parts:
        kinds = [
            part[name]
            for name in ("code", "type", "error_type", "reason", "keyword")
            if isinstance(part.get(name), str)
        ]
        extra = any(re.match(_KINDS, kind[:100]) for kind in kinds) or re.match(
            _NOT_PERMITTED, str(part.get("msg"))[:200]
        )
        for place in (part.get("param"), _last(part.get("loc"))) if extra else ():
            yield _last_name(place)
        yield from _by_ajv(part.get("params"))
    for text in content.texts:
        for place in re.findall(_IN_TEXT, text):
            yield _last_name(place)


def _by_ajv(params: Any) -> Iterator[str]:
    if isinstance(params, Mapping):
        yield _last_name(params.get("additionalProperty"))


def _last(place: Any) -> Any:
    return place[-1] if isinstance(place, list) and place else place


def _last_name(place: Any) -> str:
    """Return 'seed' for 'body.seed', '/seed' or "'body', 'seed'"; '' for anything else."""
    names = re.findall(r"[A-Za-z_]\w*", place[:200]) if isinstance(place, str) else []
    return names[-1] if names else ""


_STREAM_ONLY = (
    r"(?i)only (?:the )?stream(?:ing)?\b.{0,30}\b(?:supported|allowed|available)|only supports? (?:the )?stream|"
    r"\bsupports? (?:the )?stream(?:ing)?(?: mode)? only|\bstream(?:ing)?[ -]only\b|"
    r"(?<!\w)stream['\"`]? ?(?:mode |parameter )*(?:must|should|needs to|has to|input should) be "
    r"(?:set )?(?:to )?(?:a )?['\"`]?(?:true|enabled|on\b)|(?<!\w)stream: input should be true|"
    r"streaming (?:mode )?(?:is|must be) (?:required|enabled|used)|requires? (?:the )?stream(?!_)|"
    r"non-?\s?stream(?:ing|ed)?\b.{0,60}\b(?:not|isn't|aren't|un)\W?(?:supported|allowed|available|implemented)|"
    r"not support (?:the )?non-?\s?stream|for non-?streaming calls|"
    r"support\w* when ['\"`]*stream ?= ?false|stream ?= ?false['\"`]? (?:is |mode )*(?:not|un)\W?(?:supported|allowed)|"
    r"(?:set|use|with|pass) ['\"`]?stream['\"`]? ?(?:=|:|to) ?true|enable the stream parameter|"
    r"only (?:available|works?|possible) (?:with|in|by|for) stream|"
    r"(?:仅|只)(?:能|可)?支持\s*(?:流式|stream)|(?:不支持|不允许)非流式|非流式.{0,10}不支持"
)
_STREAM_OPTIONS = r"(?i)stream[_ ]options?"


def wants_stream(words: str) -> bool:
    """Return whether the server answers only by streaming."""
    words = words[:_LONGEST]
    return re.search(_STREAM_ONLY, words) is not None and re.search(_STREAM_OPTIONS, words) is None
