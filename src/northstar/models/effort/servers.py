"""Whose words a request has for reasoning: by the setting, the server's type, or the host of its address."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

_BY_TYPE = {
    **{name: name for name in ("vllm", "sglang", "trtllm", "llamacpp", "gemini")},
    "azureopenai": "openai",
}
_BY_HOST = (
    ("api.openai.com", "openai"),
    (".openai.azure.com", "openai"),
    (".cognitiveservices.azure.com", "openai"),
    (".services.ai.azure.com", "openai"),
    ("openrouter.ai", "openrouter"),
    ("api.deepseek.com", "deepseek"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("dashscope-intl.aliyuncs.com", "dashscope"),
    ("dashscope-us.aliyuncs.com", "dashscope"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
)
TITLES = {
    "vllm": "vLLM",
    "sglang": "SGLang",
    "trtllm": "TensorRT-LLM",
    "llamacpp": "llama.cpp",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
    "deepseek": "DeepSeek",
    "dashscope": "DashScope",
    "anthropic": "Anthropic",
    "gemini": "Gemini",
}


def words_for(given: str | None, server_type: str, addresses: Sequence[str]) -> str | None:
    """Return whose words to use; None where nothing says, or several addresses differ.

    Args:
        given: ++inference.reasoning_words.
        server_type: --server_type.
        addresses: Where requests go.

    >>> words_for(None, "vllm", []), words_for(None, "openai", ["https://openrouter.ai/api/v1"])
    ('vllm', 'openrouter')
    >>> words_for(None, "openai", ["http://localhost:8000/v1"]), words_for("sglang", "openai", ["http://localhost:8000/v1"])
    (None, 'sglang')
    """
    if given is not None:
        return given
    if server_type in _BY_TYPE:
        return _BY_TYPE[server_type]
    found = {_of_host(address) for address in addresses}
    return found.pop() if len(found) == 1 else None


def _of_host(address: str) -> str | None:
    host = urlsplit(address).hostname or ""
    return next(
        (words for end, words in _BY_HOST if host == end.lstrip(".") or host.endswith(f".{end.lstrip('.')}")), None
    )
