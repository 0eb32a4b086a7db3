"""Rewords a chat request as one of the Responses API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from northstar.models.effort.translation import is_no_reasoner
from northstar.models.responses.items import input_items
from northstar.models.sampling_words import OF_LLAMA_CPP, SamplingWords
from northstar.models.tools import Tools

PATH = "/responses"
LIMIT = "max_output_tokens"
SEALED = "reasoning.encrypted_content"
LEAST_TOKENS = 16
"""OpenAI refuses to generate fewer."""
_LIMITS_OF_CHAT = ("max_completion_tokens", "max_tokens")
_OPENAI = ("api.openai.com", ".api.openai.com")
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")


def at_openai(address: str) -> bool:
    """Return whether OpenAI or Azure answers there: they alone seal the reasoning, and store answers unless told."""
    return (urlsplit(address).hostname or "").endswith((*_OPENAI, *_AZURE))


def responses_body(
    chat: Mapping[str, Any], address: str, tools: Tools | None = None, words: SamplingWords | None = None
) -> dict[str, Any]:
    """Return the request that asks for what a chat request asks for.

    Fields that the API has no word for are kept as they are: the plan is checked for them before (`unsaid.py`).

    Args:
        chat: The chat request, without tools.
        address: Where it goes.
        tools: Offered to the model.
        words: The server's for sampling values, if its kind is known.
    """
    body = {name: value for name, value in chat.items() if name not in ("messages", *_LIMITS_OF_CHAT)}
    instructions, body["input"] = input_items(chat["messages"])
    if instructions is not None:
        body["instructions"] = instructions
    limit = next((chat[name] for name in _LIMITS_OF_CHAT if chat.get(name) is not None), None)
    body |= {LIMIT: limit} if limit is not None else {}
    if tools:
        body["tools"] = tools.encoded_flat
    if words is not OF_LLAMA_CPP and isinstance(wanted := body.get("response_format"), Mapping):
        body["text"] = {**(body.get("text") or {}), "format": text_format(wanted)}
        del body["response_format"]
    body["store"] = body.get("store", False)
    if at_openai(address) and tools and not is_no_reasoner(str(chat["model"])):
        body["include"] = [*dict.fromkeys([*(body.get("include") or ()), SEALED])]
    return body


def text_format(response_format: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chat's `response_format` as a `text.format`, which has the schema beside its type.

    >>> text_format({"type": "json_schema", "json_schema": {"name": "sum", "schema": {"type": "object"}}})
    {'type': 'json_schema', 'name': 'sum', 'schema': {'type': 'object'}}
    """
    inner = response_format.get("json_schema")
    own = {name: value for name, value in response_format.items() if name != "json_schema"}
    return {**own, **inner} if isinstance(inner, Mapping) else own
