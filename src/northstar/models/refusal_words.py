"""Which errors say that a filter keeps an answer back, or that too many tokens were asked for, in servers' words."""

from __future__ import annotations

import re

_LONGEST = 2000
"""Characters of an error's words that are looked at."""


def _any(*patterns: str) -> str:
    return "(?is)" + "|".join(f"(?:{pattern})" for pattern in patterns)


# Patterns are compiled when the first error comes: most runs have none.
_FILTER = _any(
    r"content[ _-]?filter|content[ _](?:management|filtering|safety|moderation)|content_policy",  # Azure, Anthropic
    r"responsible_?ai_?policy_?violation|data_?inspection_?failed|inappropriate content",  # Azure, DashScope
    r"content exists risk|considered high risk|\bsafety system\b|prohibited_content",  # DeepSeek, Moonshot, OpenAI
    r"\bflagged\b.{0,80}\b(?:policy|policies|moderation|unsafe|violat\w+)|\bviolat\w+ .{0,60}"
    r"\b(?:usage|use|content|safety) polic(?:y|ies)\b",
    r"\bmoderation\b.{0,80}\bflagged\b|\bguardrails?\b.{0,60}\b(?:blocked|intervened)|敏感内容|不安全",
)
_TOO_MANY_TOKENS = _any(
    r"\bmax\w*_tokens\b.{0,80}\b(?:too (?:large|high|big|many)|at most|exceed\w*|maximum|less than|limit\w*"
    r"|greater than|must be (?:in|between|<))",
    r"\bmax\w*_tokens\b.{0,20}<=? ?\d",
    r"\b(?:exceed\w*|above|greater than|larger than|invalid)\b.{0,60}\bmax\w*_tokens\b",
)


def speaks_of_filter(error: str) -> bool:
    """Whether the server refused the request, or an answer to it, for what it says."""
    return re.search(_FILTER, error[:_LONGEST]) is not None


def speaks_of_token_limit(error: str) -> bool:
    """Whether the model gives fewer tokens an answer than the request allows it."""
    return re.search(_TOO_MANY_TOKENS, error[:_LONGEST]) is not None
