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

from northstar.models.endpoint import Endpoint
from northstar.models.identity.served import dashed_date
from northstar.models.reply.reply import ServerError
from northstar.models.reply.unsupported import LIMIT, NEW_LIMIT, excludes_each_other, wants_stream
from northstar.models.responses.request import SEALED

OPENAI_HOST = "api.openai.com"
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_REASONING = re.compile(r"(?:ft:)?(?:o[1-9](?![0-9])|gpt-5(?!\.|-chat))")
_RENAMED_ONLY = re.compile(r"(?:ft:)?gpt-5")
"""gpt-5.1 and later take a temperature, unless they are told to reason."""

STREAM, _OPTIONS = "stream", "stream_options"
_DROPPABLE = ("temperature", "top_p", "seed", _OPTIONS)
"""What is sent though the user has not asked for it."""


@dataclass(frozen=True)
class Dialect:
    """model: the server's name for the model, if another. renamed: field → its name there. dropped: fields left out.

    kept: fields that the user has asked for; they are sent, whatever the server says. streamed: why answers are asked
    for as streams where the user leaves that open; '' if they aren't.
    """

    model: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    streamed: str = ""

    def worded(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request as the server wants it. What the user calls by the server's own name stays."""
        if STREAM in body or self.streamed:
            body = _as_stream(body)
        if not (self.model or self.renamed or self.dropped):
            return body
        worded = {key: value for key, value in body.items() if key not in self.dropped and key not in self.renamed}
        worded |= {new: body[old] for old, new in self.renamed.items() if old in body and new not in body}
        return worded | ({"model": self.model} if self.model else {})

    def refused(self, error: ServerError, body: Mapping[str, Any]) -> frozenset[str]:
        """The fields of the worded `body` that an error says the server doesn't take, of those that can be changed."""
        refused = frozenset(name for name in (*_DROPPABLE, LIMIT) if name in body and name in error.fields)
        if {"temperature", "top_p"} <= refused and excludes_each_other(error.words):
            return frozenset(next(([name] for name in ("top_p", "temperature") if name not in self.kept), refused))
        return refused

    def learnt(self, error: ServerError, body: Mapping[str, Any]) -> Dialect | None:
        """The dialect that a refusal of the worded `body` asks for; None if it is about something else.

        What the user has asked for (`kept`) is never left out.
        """
        if STREAM not in body and wants_stream(error.words):
            return replace(self, streamed="the server gives none at once")
        refused = self.refused(error, body)
        if SEALED in body.get("include", ()) and re.search(r"(?i)encrypted[ _]content", error.words):
            return replace(self, dropped=self.dropped | {"include"})  # of a model that does not reason
        if LIMIT in refused and NEW_LIMIT not in body:
            return replace(self, renamed={**self.renamed, LIMIT: NEW_LIMIT})
        left_out = refused - self.kept - {LIMIT}
        return replace(self, dropped=self.dropped | left_out) if left_out else None

    def facts(self) -> dict[str, Any]:
        """For run.json: how requests differ from the settings; empty where they don't."""
        facts: dict[str, Any] = {"model_asked_for": self.model} if self.model else {}
        facts |= {"renamed": dict(self.renamed)} if self.renamed else {}
        facts |= {"streamed": self.streamed} if self.streamed else {}
        return facts | ({"not_sent": sorted(self.dropped)} if self.dropped else {})

    def notices(self, who: str, *, seeds: bool) -> list[str]:
        """What the user should see once of how requests differ from the settings. seeds: whether there are any."""
        notices = [f"{who} is asked for as '{self.model}', the server's name for it."] if self.model else []
        if sampling := [name for name in ("temperature", "top_p") if name in self.dropped]:
            notices.append(f"{who}: no {' and no '.join(sampling)} is sent, since the server takes none.")
        if self.streamed:
            notices.append(f"{who} is asked for streamed answers: {self.streamed} (++inference.stream).")
        if "seed" in self.dropped and seeds:
            notices.append(f"{who}: no seeds are sent, since the server takes none; each answer is drawn anew.")
        return notices


def _as_stream(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a stream unless the user asks for none; with the usage, which the Responses API gives unasked."""
    if body.get(STREAM, True) is not True:
        return body
    return {**body, STREAM: True, **({} if "input" in body else {_OPTIONS: {"include_usage": True}})}


def dialect_of(endpoint: Endpoint, kept: frozenset[str] = frozenset()) -> Dialect:
    """What is known beforehand of the endpoint's model and its server. kept: fields that the user has asked for."""
    host, model = urlsplit(endpoint.address).hostname or "", endpoint.model
    known = Dialect(model=endpoint.listed_as, dropped=endpoint.left_out, kept=kept)
    at_openai = host == OPENAI_HOST or host.endswith(f".{OPENAI_HOST}")
    if not at_openai and not host.endswith(_AZURE):
        return known
    dashed = dashed_date(model) if at_openai else model
    reasons = _REASONING.match(model) is not None
    return replace(
        known,
        model=known.model or (dashed if dashed != model else None),
        renamed={LIMIT: NEW_LIMIT} if reasons or _RENAMED_ONLY.match(model) else {},
        dropped=known.dropped | (frozenset(("temperature", "top_p")) - kept if reasons else frozenset()),
    )
