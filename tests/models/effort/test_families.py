from __future__ import annotations

import pytest

from northstar.models.effort.families import GPT_OSS, Family, family_of

QWEN3 = (
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"
)
DEEPSEEK = "{% if not thinking is defined %}{% set thinking = false %}{% endif %}{{ message['thinking'] }}"
SEED_OSS = "{%- if thinking_budget is not defined %}{%- set thinking_budget = -1 -%}{%- endif -%}"
HARMONY = "{{ reasoning_effort }}<|channel|>analysis<|message|>"


@pytest.mark.parametrize(
    ("model", "title"),
    [
        ("openai/gpt-oss-120b", "gpt-oss"),
        ("/models/gpt-oss-20b/", "gpt-oss"),
        ("Qwen/Qwen3-8B", "Qwen3"),
        ("Qwen/Qwen3.5-9B", "Qwen3"),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", "Qwen's reasoning models"),
        ("Qwen/QwQ-32B", "Qwen's reasoning models"),
        ("Qwen/Qwen3-4B-Instruct-2507", None),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", None),
        ("Qwen/Qwen2.5-7B-Instruct", None),
        ("deepseek-ai/DeepSeek-R1", "DeepSeek R1"),
        ("deepseek-ai/DeepSeek-V3.1", "DeepSeek V3.1 and later"),
        ("deepseek-ai/DeepSeek-V3", None),
        ("zai-org/GLM-4.6", "GLM 4.5 and later"),
        ("ibm-granite/granite-3.3-8b-instruct", "Granite 3.2 and 3.3"),
        ("HuggingFaceTB/SmolLM3-3B", "SmolLM3"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", None),
        ("ByteDance-Seed/Seed-OSS-36B-Instruct", "Seed-OSS"),
        ("my-model", None),
        ("", None),
    ],
)
def test_a_family_is_known_by_the_models_name(model: str, title: str | None) -> None:
    found = family_of(model)
    assert (None if found is None else found.title) == title


@pytest.mark.parametrize(
    ("template", "family"),
    [
        (QWEN3, Family("its chat template", switch="enable_thinking")),
        (DEEPSEEK, Family("its chat template", switch="thinking")),
        (SEED_OSS, Family("its chat template", budget="thinking_budget")),
        (HARMONY, GPT_OSS),
        ("{{ messages }}", None),
        ("enable_thinking", None),
        ("{{ 'set enable_thinking to true' }}{{ message.thinking }}", None),
        ("{% set enable_thinking = true %}", None),
    ],
)
def test_a_family_is_known_by_the_variables_that_its_template_reads(template: str, family: Family | None) -> None:
    assert family_of("my-model", template) == family


def test_the_template_counts_whatever_the_model_is_called() -> None:
    assert family_of("Qwen3-8B", "{{ messages }}") is None
    assert family_of("Qwen3-8B", DEEPSEEK) == Family("Qwen3", switch="thinking")
    assert family_of("DeepSeek-R1", "{{ messages }}") == Family("DeepSeek R1", always=True)
