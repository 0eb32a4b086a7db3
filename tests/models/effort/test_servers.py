from __future__ import annotations

import pytest

from northstar.models.effort.servers import words_for


@pytest.mark.parametrize(
    ("server_type", "address", "words"),
    [
        ("vllm", None, "vllm"),
        ("sglang", "http://localhost:30000/v1", "sglang"),
        ("trtllm", None, "trtllm"),
        ("llamacpp", None, "llamacpp"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini"),
        ("azureopenai", "https://lab.openai.azure.com/openai/v1", "openai"),
        ("openai", "https://api.openai.com/v1", "openai"),
        ("openai", "https://eu.api.openai.com/v1", "openai"),
        ("openai", "https://openrouter.ai/api/v1", "openrouter"),
        ("openai", "https://api.deepseek.com/v1", "deepseek"),
        ("openai", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("openai", "https://api.anthropic.com/v1", "anthropic"),
        ("openai", "http://localhost:8000/v1", None),
        ("openai", "https://notopenrouter.ai/v1", None),
        ("generic", None, None),
        ("lab", None, None),
    ],
)
def test_the_type_or_the_host_says_whose_words_they_are(
    server_type: str, address: str | None, words: str | None
) -> None:
    assert words_for(None, server_type, [address] if address else []) == words


def test_the_setting_wins() -> None:
    assert words_for("anthropic", "openai", ["https://api.openai.com/v1"]) == "anthropic"


def test_addresses_of_several_kinds_say_nothing() -> None:
    assert words_for(None, "openai", ["https://openrouter.ai/api/v1", "http://localhost:8000/v1"]) is None
