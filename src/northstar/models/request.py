"""Builds the body of a request from typed settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from northstar.config.settings import InferenceSettings
from northstar.models.sampling_words import SamplingWords, neutral_values
from northstar.models.structured.fields import structured_fields
from northstar.models.tools import Tools


def chat_body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    inference: InferenceSettings,
    seed: int | None,
    chat_template_kwargs: Mapping[str, Any] | None = None,
    tools: Tools | None = None,
    words: SamplingWords | None = None,
) -> dict[str, Any]:
    """Return a chat completion request. Settings that are None are left out; extra_body overrides everything.

    words: the server's for sampling values, if its kind is known.
    """
    template = {"chat_template_kwargs": dict(chat_template_kwargs)} if chat_template_kwargs else {}
    return {
        "model": model,
        "messages": list(messages),
        **_sampling(inference, seed, words),
        **template,
        **({"tools": tools.encoded} if tools else {}),
        **structured_fields(inference, words, chat=True),
        **_stream(inference),
        **inference.extra_body,
    }


def text_body(
    model: str,
    prompt: str | list[int],
    inference: InferenceSettings,
    seed: int | None,
    words: SamplingWords | None = None,
) -> dict[str, Any]:
    """Return a text completion request, likewise; `prompt` is text or tokens."""
    structured = structured_fields(inference, words, chat=False)
    return {
        "model": model,
        "prompt": prompt,
        **_sampling(inference, seed, words),
        **structured,
        **_stream(inference),
        **inference.extra_body,
    }


def _stream(inference: InferenceSettings) -> dict[str, bool]:
    """Return whether the answer is to be a stream; nothing where that is left to what the server needs."""
    return {} if inference.stream == "auto" else {"stream": inference.stream}


def _sampling(inference: InferenceSettings, seed: int | None, words: SamplingWords | None) -> dict[str, Any]:
    optional = {
        "temperature": inference.temperature_for(seed),
        "top_p": inference.top_p,
        "top_k": inference.top_k,
        "min_p": inference.min_p,
        "repetition_penalty": inference.repetition_penalty,
        "max_tokens": inference.tokens_to_generate,
        "stop": inference.stop,
        "seed": seed,
    }
    renamed = words.renamed if words is not None else {}
    given = {renamed.get(key, key): value for key, value in optional.items() if value is not None}
    return {**neutral_values(inference.neutral, words), **given}
