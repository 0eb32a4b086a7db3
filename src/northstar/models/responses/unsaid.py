"""What the Responses API has no word for, by whose server it is: that is refused before anything is asked.

From OpenAI's reference and the sources of vLLM 0.32, SGLang and llama.cpp (2026-11). vLLM and SGLang pass over fields
that they don't know, so nobody else would say. llama.cpp takes whatever its chat takes; a server that is not known is
sent everything.
"""

from __future__ import annotations

from collections.abc import Iterable

from northstar.config.settings import InferenceSettings

_SAMPLING = ("top_k", "min_p", "repetition_penalty", "stop")
_OF_CHATS = frozenset(
    ("n", "best_of", "logprobs", "functions", "function_call", "stream_options", "modalities", "audio", "prediction")
) | {"reasoning_effort", "thinking_token_budget", "logit_bias", "echo", "suffix", "verbosity"}
_OF_OPENAI = _OF_CHATS | {"presence_penalty", "frequency_penalty", "chat_template_kwargs", "skip_special_tokens"}
_NONE_AT = {"gemini": "Gemini", "anthropic": "Anthropic"}
_UNSEEDED = ("openai", "sglang")


def takes_seeds(words: str | None) -> bool:
    """Return whether a request may have a seed; where not, each answer is drawn anew, which the run says."""
    return words not in _UNSEEDED


def why_not_said(inference: InferenceSettings, template: Iterable[str], words: str | None) -> str | None:
    """Return why these settings can't be sent to /responses, as a sentence; None if they can.

    Args:
        inference: The settings.
        template: Arguments of the chat template.
        words: Whose server it is (`words_for`); None if that is not known.
    """
    if words in _NONE_AT:
        return f"++inference.endpoint_type=responses: {_NONE_AT[words]} has no Responses API."
    settings: list[str] = []
    if words == "openai":
        settings = [f"++inference.{name}" for name in _SAMPLING if getattr(inference, name) is not None]
        settings += [f"++chat_template_kwargs.{name}" for name in template]
    unknown = {"openai": _OF_OPENAI, "sglang": _OF_CHATS, "vllm": _OF_CHATS - {"logit_bias"}}.get(
        words or "", frozenset()
    )
    settings += [f"++inference.extra_body.{name}" for name in inference.extra_body if name in unknown]
    if not settings:
        return None
    return (
        f"the Responses API has no word for {' and '.join(settings)} here; leave that out, or ask with "
        "++inference.endpoint_type=chat."
    )
