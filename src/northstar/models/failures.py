"""The ways a request can fail, and what each means for the sample and for the run."""

from __future__ import annotations

import re

from northstar.errors import NorthstarError

_LONGEST = 4000
"""Characters of an error's words that are looked at."""


class GaveUp(Exception):
    """The request failed in passing, every time it was sent. The sample stays open and is asked on the next run."""


class Refused(Exception):
    """The server will not answer this request, however often it is asked (400, 422, …): the sample's error."""


class OutOfContext(Refused):
    """The prompt, or prompt and answer, exceed the model's context. context_length: its tokens, if the server said."""

    @property
    def context_length(self) -> int | None:
        found = re.search(_CONTEXT_LENGTH, str(self))
        return int(found[1]) if found else None


class ServerUnusable(NorthstarError):
    """No request can succeed: wrong key, unknown model, nobody there. Ends the run."""


# Patterns are compiled when the first error comes: most runs have none.
_CONTEXT_LENGTH = (
    r"(?i)(?:maximum context length:?(?: is| of)?|context length(?: is| of|:)?(?: only)? ?\(?|max_model_len=|"
    r"max_seq_len \(|n_ctx\W+|maximum prompt length is|context limit: [\d +]+>|input length should be \[1,|"
    r"tokens >|tokens allowed \(|limit is|model limit of|token limit:)\s*(\d{2,9})\b"
)

_TOO_MUCH = r"exceed|longer|too (?:long|large|many|big)|larger|greater|more than|over|reduce|fit|maximum|overflow|超"
_CONTEXT = r"context[ _-](?:length|size|window|limit)"
_CONTEXT_WORDS = "(?is)" + "|".join(
    (
        r"context_length_exceeded|exceed_context_size|context_window_exceeded|tokens_limit_reached|\(1261\)",
        rf"(?:{_CONTEXT}|context the overflows).{{0,160}}(?:{_TOO_MUCH})",
        rf"(?:{_TOO_MUCH}).{{0,160}}{_CONTEXT}",
        r"max_model_len|max_seq_len|max_num_tokens|session_len|maximum sequence length",
        r"(?:prompt|input|request|messages?)(?: text| tokens?| length)? (?:is|are|was) too long",
        r"prompt (?:tokens? )?(?:too long|exceeds? (?:the )?max|超长|超过)",
        r"输入(?:内容)?(?:超长|过长|超过)|上下文.{0,20}超",
        r"(?:input|prompt)(?: token)?s?(?: length| count| size)?\b.{0,60}"
        r"(?:exceeds?|longer than|larger than|greater than|cannot exceed).{0,60}"
        r"(?:max|limit|allowed|supports|length|tokens)",
        r"maximum (?:prompt|input) length|maximum allowed (?:input |prompt )?length",
        r"max input (?:tokens|characters)|maximum number of (?:input )?tokens allowed",
        r"range of input length should be|model only supports up to|number of input tokens",
        r"reduce the length of (?:the|your) (?:messages?|prompt|input)|too many (?:input )?tokens\b",
        r"exceed(?:s|ed)? (?:the )?model(?:'s)? (?:token|context|length)",
        r"max(?:_completion|_new)?_tokens must be at least 1, got (?:-\d|0)",
        r"default_max_tokens \(-?\d+\) must be|length of prompt_tokens",
        r"`inputs` (?:tokens|must have less)|larger than the model input",
        r"request body too large for .{0,80}max size|number of tokens to keep from the initial prompt",
    )
)
_OTHER_LIMITS = (
    r"(?i)per[ -]?(?:min|minute|day|hour|second)\b|\bTPM\b|rate limit|too many requests|quota|memory|loading|"
    r"completion tokens, whereas|maximum allowed number of output tokens|range of max_tokens|"
    r"string too long|expected maxlength|function\.name|tools\[|not a multiple"
)
"""Where an error of these is about lengths or tokens, it isn't about the context of the model."""


def speaks_of_context(message: str) -> bool:
    """Whether an error says that the request exceeds the context, in the words of the servers people use."""
    message = message[:_LONGEST]
    return re.search(_CONTEXT_WORDS, message) is not None and re.search(_OTHER_LIMITS, message) is None


_STREAM_ONLY = (
    r"(?i)only supports? (?:the )?stream|"
    r"\bstream\b['\"`]? ?(?:mode )?(?:parameter )?(?:must|should|needs to|has to) be (?:set to )?['\"`]?"
    r"(?:true|enabled|on\b)|"
    r"streaming (?:mode )?(?:is|must be) (?:required|enabled|used)|requires? (?:the )?stream|"
    r"non-?stream(?:ing)?\b.{0,60}\b(?:not|isn't|un)\W?(?:supported|allowed|available)|"
    r"not support (?:the )?non-?stream|for non-?streaming calls|support\w* when ['\"`]*stream ?= ?false|"
    r"set ['\"`]?stream['\"`]? ?(?:=|:|to) ?true|enable the stream parameter|"
    r"only (?:available|works?|possible) (?:with|in|by|for) stream|(?:仅|只)支持流式|不支持非流式"
)


def wants_stream(message: str) -> bool:
    """Whether an error says that the server answers by streaming alone, which Northstar doesn't ask for."""
    return re.search(_STREAM_ONLY, message[:_LONGEST]) is not None
