"""How a server wants a chat request worded where that differs from what most take.

OpenAI's reasoning models refuse `max_tokens` (it is `max_completion_tokens` there), temperature and top_p
(platform.openai.com/docs/guides/reasoning, and the errors that users report). At OpenAI's or Azure's address that is
known from the model's name; elsewhere, behind a proxy, it is learnt from the refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

OPENAI_HOST = "api.openai.com"
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_REASONING = re.compile(r"(?:ft:)?(?:o[1-9](?![0-9])|gpt-5(?!\.|-chat))")
_RENAMED_ONLY = re.compile(r"(?:ft:)?gpt-5")
"""gpt-5.1 and later take a temperature, unless they are told to reason."""
_UNDASHED_DATE = re.compile(r"-(20[0-9]{2})([01][0-9])([0-3][0-9])$")

_LIMIT, _NEW_LIMIT = "max_tokens", "max_completion_tokens"
_DROPPABLE = ("temperature", "top_p", "seed")
"""What is sent though the user has not asked for it."""
_REFUSAL = re.compile(r"unsupported|not? support|n't support|only the default|unrecognized|max_completion_tokens", re.I)


@dataclass(frozen=True)
class Dialect:
    """model: the server's name for the model, if another. renamed: field → its name there. dropped: fields left out."""

    model: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    def worded(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request as the server wants it. What the user calls by the server's own name stays."""
        if not (self.model or self.renamed or self.dropped):
            return body
        worded = {key: value for key, value in body.items() if key not in self.dropped and key not in self.renamed}
        worded |= {new: body[old] for old, new in self.renamed.items() if old in body and new not in body}
        return worded | ({"model": self.model} if self.model else {})

    def learnt(self, refusal: str, body: Mapping[str, Any]) -> Dialect | None:
        """The dialect that a refusal (400) of the worded `body` asks for; None if it is about something else."""
        if not _REFUSAL.search(refusal):
            return None
        if _LIMIT in body and _NEW_LIMIT in refusal and _NEW_LIMIT not in body:
            return replace(self, renamed={**self.renamed, _LIMIT: _NEW_LIMIT})
        named = {name for name in _DROPPABLE if name in body and re.search(rf"(?<!\w){name}(?!\w)", refusal)}
        return replace(self, dropped=self.dropped | named) if named else None

    def facts(self) -> dict[str, Any]:
        """For run.json: how requests differ from the settings; empty where they don't."""
        facts: dict[str, Any] = {"model_asked_for": self.model} if self.model else {}
        facts |= {"renamed": dict(self.renamed)} if self.renamed else {}
        return facts | ({"not_sent": sorted(self.dropped)} if self.dropped else {})


def dialect_of(address: str, model: str) -> Dialect:
    """What is known beforehand of the model of that name at that address."""
    host = urlsplit(address).hostname or ""
    at_openai = host == OPENAI_HOST or host.endswith(f".{OPENAI_HOST}")
    if not at_openai and not host.endswith(_AZURE):
        return Dialect()
    # OpenAI writes o3-mini-2025-01-31 where others write o3-mini-20250131.
    dashed = _UNDASHED_DATE.sub(r"-\1-\2-\3", model) if at_openai else model
    reasons = _REASONING.match(model) is not None
    return Dialect(
        model=dashed if dashed != model else None,
        renamed={_LIMIT: _NEW_LIMIT} if reasons or _RENAMED_ONLY.match(model) else {},
        dropped=frozenset(("temperature", "top_p")) if reasons else frozenset(),
    )
