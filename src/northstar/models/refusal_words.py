"""Recognises errors about filtered content, or about too many requested tokens, by servers' wording."""

from __future__ import annotations

import re

_LONGEST = 2000
"""Characters of an error that are searched."""


def _any(*patterns: str) -> str:
    return "(?is)" + "|".join(f"(?:{pattern})" for pattern in patterns)


# Patterns are compiled on the first error: most runs have none.
OF_CONTENT = _any(
    r"content.?(?:filter|policy|moderation|management)|responsible_?ai_?policy_?violation",  # Azure, Anthropic
    r"(?:violat|flagged)\w* .{0,60}(?:polic|safety|moderation|unsafe)|\bmoderation\b.{0,80}\bflagged\b",
    r"(?:blocked|reject)\w* .{0,60}(?:(?:usage|use|content|responsible)\b.{0,20}polic|safety|moderation)",
    r"(?:sensitive|inappropriate|unsafe|prohibited|harmful)[ _](?:content|words?|information)|data_?inspection_?failed",
    r"content exists risk|considered high risk|\bguardrails?\b.{0,60}\b(?:blocked|intervened)",  # DeepSeek, Moonshot
    r"敏感(?:内容|词|信息)|不安全|违规|不合规|审核(?:未|不)通过",
)
_TOO_MANY_TOKENS = _any(
    r"\bmax\w*_tokens\b.{0,80}\b(?:too (?:large|high|big|many)|at most|exceed\w*|maximum|less than|limit\w*"
    r"|greater than|must be (?:in|between|<))",
    r"\bmax\w*_tokens\b.{0,20}<=? ?\d",
    r"\b(?:exceed\w*|above|greater than|larger than|invalid)\b.{0,60}\bmax\w*_tokens\b",
)


def speaks_of_filter(error: str) -> bool:
    """Return whether the server refused a request, or an answer to it, because of its content."""
    return re.search(OF_CONTENT, error[:_LONGEST]) is not None


def speaks_of_token_limit(error: str) -> bool:
    """Return whether the model allows fewer tokens per answer than were requested."""
    return re.search(_TOO_MANY_TOKENS, error[:_LONGEST]) is not None
