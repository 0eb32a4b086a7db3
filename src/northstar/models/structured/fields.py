"""Words ++inference.json_schema and ++inference.regex as each kind of server takes them.

- vLLM from 0.12: response_format, and structured_outputs for a regex (docs.vllm.ai, Structured Outputs).
- SGLang: response_format of a chat, json_schema (as text) of a text; regex (docs.sglang.io, Structured Outputs).
- TensorRT-LLM: response_format of types json and regex, where the server has a guided_decoding_backend
  (nvidia.github.io/TensorRT-LLM, Guided Decoding).
- llama.cpp: response_format of a chat, json_schema of a text; no regex (its tools/server/README).
- OpenAI, other providers, and servers of unknown kind: response_format of a chat, strict; no regex.
"""

from __future__ import annotations

import json
from typing import Any

from northstar.config.settings import InferenceSettings
from northstar.core.errors import NorthstarError
from northstar.models.sampling_words import (
    OF_LLAMA_CPP,
    OF_SGLANG,
    OF_TENSORRT_LLM,
    OF_VLLM,
    SamplingWords,
)

_NAME = "answer"


def structured_fields(inference: InferenceSettings, words: SamplingWords | None, *, chat: bool) -> dict[str, Any]:
    """Return the request fields that hold an answer to a schema or pattern; none where the server takes none.

    Args:
        inference: The settings.
        words: The server's, if its kind is known.
        chat: Whether the request is a chat, rather than a text.
    """
    if inference.json_schema is not None:
        return _of_schema(inference.json_schema, words, chat=chat)
    return {} if inference.regex is None else _of_regex(inference.regex, words)


def why_unstructured(inference: InferenceSettings, words: SamplingWords, *, chat: bool) -> str:
    """Say in a sentence why a server of this kind can't hold answers to what is asked; '' if it can."""
    asked = "regex" if inference.regex is not None else "json_schema" if inference.json_schema is not None else ""
    if not asked or structured_fields(inference, words, chat=chat):
        return ""
    who = "llama.cpp" if words is OF_LLAMA_CPP else "a provider's server, or one of unknown kind,"
    if asked == "regex":
        instead = "++inference.json_schema goes"
        return f"++inference.regex: {who} can't hold answers to a pattern; {instead}, and so does --extract=regex:…."
    return f"++inference.json_schema: {who} takes a schema at its chat endpoint only; leave out endpoint_type=text."


def check_structured(inference: InferenceSettings, words: SamplingWords) -> None:
    """Raise NorthstarError for what a server of this kind can't do."""
    if why := why_unstructured(inference, words, chat=inference.endpoint_type == "chat"):
        raise NorthstarError(why)


def _of_schema(schema: dict[str, Any], words: SamplingWords | None, *, chat: bool) -> dict[str, Any]:
    if words is OF_TENSORRT_LLM:
        return {"response_format": {"type": "json", "schema": schema}}
    if words is OF_SGLANG and not chat:
        return {"json_schema": json.dumps(schema, ensure_ascii=False)}
    if words is OF_LLAMA_CPP and not chat:
        return {"json_schema": schema}
    named: dict[str, Any] = {"name": _NAME, "schema": schema}
    if not any(words is each for each in (OF_VLLM, OF_SGLANG, OF_LLAMA_CPP)):
        if not chat:
            return {}
        named["strict"] = True  # without it these only try
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _of_regex(pattern: str, words: SamplingWords | None) -> dict[str, Any]:
    if words is OF_SGLANG:
        return {"regex": pattern}
    if words is OF_TENSORRT_LLM:
        return {"response_format": {"type": "regex", "regex": pattern}}
    return {"structured_outputs": {"regex": pattern}} if words is OF_VLLM else {}
