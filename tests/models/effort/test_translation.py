"""How much a model is to reason, server by server: what is sent, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.models.effort.families import family_of
from northstar.models.effort.translation import Asked, Endpoint, NoWords, Said, translated


def said(words: str, model: str, effort: str | None, budget: int | None = None, endpoint: Endpoint = "chat") -> Said:
    return translated(Asked(model, effort, budget, endpoint, 2048, family_of(model)), words)


def body(words: str, model: str, effort: str | None, budget: int | None = None, endpoint: Endpoint = "chat") -> Any:
    found = said(words, model, effort, budget, endpoint)
    assert not found.template
    return found.body


def template(words: str, model: str, effort: str | None, budget: int | None = None, endpoint: Endpoint = "chat") -> Any:
    found = said(words, model, effort, budget, endpoint)
    assert not found.body
    return found.template


def refusal(words: str, model: str, effort: str | None, budget: int | None = None, endpoint: Endpoint = "chat") -> str:
    with pytest.raises(NoWords) as refused:
        said(words, model, effort, budget, endpoint)
    return str(refused.value)


GPT_OSS, QWEN3, R1, SEED = "gpt-oss-20b", "Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-R1", "Seed-OSS-36B"


@pytest.mark.parametrize("words", ["vllm", "sglang", "trtllm"])
def test_gpt_oss_is_told_by_a_field_where_the_server_writes_its_prompts(words: str) -> None:
    assert body(words, GPT_OSS, "high") == {"reasoning_effort": "high"}
    assert body(words, GPT_OSS, "low", endpoint="responses") == {"reasoning": {"effort": "low"}}


@pytest.mark.parametrize("endpoint", ["chat", "responses", "text"])
def test_gpt_oss_is_told_by_its_template_at_llama_cpp(endpoint: Endpoint) -> None:
    assert template("llamacpp", GPT_OSS, "high", endpoint=endpoint) == {"reasoning_effort": "high"}


def test_gpt_oss_is_told_by_its_template_where_a_text_is_asked_for() -> None:
    assert template("vllm", GPT_OSS, "low", endpoint="text") == {"reasoning_effort": "low"}


@pytest.mark.parametrize("effort", ["none", "minimal", "xhigh", "max"])
def test_gpt_oss_knows_three_efforts(effort: str) -> None:
    assert refusal("vllm", GPT_OSS, effort) == "gpt-oss can be told on, low, medium, high"


@pytest.mark.parametrize("words", ["vllm", "sglang", "trtllm", "llamacpp"])
def test_a_model_with_a_switch_is_told_by_its_template(words: str) -> None:
    assert template(words, QWEN3, "none") == {"enable_thinking": False}
    assert template(words, QWEN3, "on", endpoint="text") == {"enable_thinking": True}
    assert template(words, "DeepSeek-V3.1", "on") == {"thinking": True}
    assert refusal(words, QWEN3, "high") == "Qwen3 can be told on, none"


def test_a_model_that_always_reasons_can_only_be_told_so() -> None:
    assert said("vllm", R1, "on") == Said()
    assert refusal("vllm", R1, "none") == "DeepSeek R1 can be told on alone"


def test_a_model_of_no_known_family_is_refused() -> None:
    assert refusal("vllm", "my-model", "high").startswith("neither its name nor its chat template says how my-model")


def test_the_template_of_a_response_has_arguments_at_vllm_and_sglang_but_not_at_tensorrt_llm() -> None:
    assert template("vllm", QWEN3, "none", endpoint="responses") == {"enable_thinking": False}
    assert template("sglang", QWEN3, "none", endpoint="responses") == {"enable_thinking": False}
    assert "TensorRT-LLM takes no arguments" in refusal("trtllm", QWEN3, "none", endpoint="responses")


def test_a_budget_is_a_field_at_vllm_and_llama_cpp_or_a_variable_of_the_template() -> None:
    assert body("vllm", QWEN3, None, 512) == {"thinking_token_budget": 512}
    assert body("vllm", QWEN3, None, 512, "text") == {"thinking_token_budget": 512}
    assert body("llamacpp", QWEN3, None, 512, "responses") == {"thinking_budget_tokens": 512}
    assert template("sglang", SEED, None, 512) == {"thinking_budget": 512}


def test_a_budget_is_refused_where_a_server_would_pass_over_it() -> None:
    assert "no field for the budget of a response" in refusal("vllm", QWEN3, None, 512, "responses")
    assert "SGLang has no field for the budget" in refusal("sglang", QWEN3, None, 512)
    assert "nothing says that my-model does" in refusal("llamacpp", "my-model", None, 512)


def test_a_switch_and_a_budget_go_together() -> None:
    assert said("vllm", QWEN3, "on", 512) == Said({"thinking_token_budget": 512}, {"enable_thinking": True})


@pytest.mark.parametrize("words", ["vllm", "openai", "openrouter", "dashscope", "anthropic", "gemini"])
def test_no_effort_and_a_budget_contradict_each_other(words: str) -> None:
    assert refusal(words, QWEN3, "none", 512) == "an effort of none leaves no tokens to a budget"


@pytest.mark.parametrize(
    ("model", "effort", "taken"),
    [
        ("o3", "high", True),
        ("o3", "minimal", False),
        ("o3", "none", False),
        ("gpt-5", "minimal", True),
        ("gpt-5-mini", "none", False),
        ("gpt-5.1", "none", True),
        ("gpt-5.2", "xhigh", True),
        ("gpt-5.2", "on", False),
        ("gpt-4o", "high", False),
        ("gpt-5-chat-latest", "high", False),
        ("my-deployment", "high", True),
    ],
)
def test_openai_takes_the_efforts_of_its_reasoning_models(model: str, effort: str, taken: bool) -> None:
    if not taken:
        assert refusal("openai", model, effort)
        return
    assert body("openai", model, effort) == {"reasoning_effort": effort}
    assert body("openai", model, effort, endpoint="responses") == {"reasoning": {"effort": effort}}


def test_openai_has_no_budget() -> None:
    assert refusal("openai", "o3", None, 512).startswith("OpenAI's API has no budget")


def test_openrouter_takes_one_object_for_either() -> None:
    assert body("openrouter", "x/y", "high") == {"reasoning": {"effort": "high"}}
    assert body("openrouter", "x/y", "none", endpoint="responses") == {"reasoning": {"effort": "none"}}
    assert body("openrouter", "x/y", "on") == {"reasoning": {"enabled": True}}
    assert body("openrouter", "x/y", None, 2000) == {"reasoning": {"max_tokens": 2000}}
    assert refusal("openrouter", "x/y", "high", 2000) == "OpenRouter takes an effort or a budget, not both"


def test_deepseek_takes_a_type_of_thinking_and_three_efforts() -> None:
    assert body("deepseek", "deepseek-chat", "none") == {"thinking": {"type": "disabled"}}
    assert body("deepseek", "deepseek-chat", "on") == {"thinking": {"type": "enabled"}}
    assert body("deepseek", "deepseek-chat", "max") == {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}
    assert body("deepseek", "deepseek-chat", "none", endpoint="responses") == {"reasoning": {"effort": "none"}}
    assert "would make another of these" in refusal("deepseek", "deepseek-chat", "medium")
    assert refusal("deepseek", "deepseek-chat", None, 512) == "DeepSeek's API has no budget of tokens"


def test_dashscope_takes_a_switch_and_a_budget() -> None:
    assert body("dashscope", "qwen3-32b", "none") == {"enable_thinking": False}
    assert body("dashscope", "qwen3-32b", None, 512) == {"enable_thinking": True, "thinking_budget": 512}
    assert "takes on, none, or a budget" in refusal("dashscope", "qwen3-32b", "high")


def test_anthropic_takes_a_budget_that_leaves_tokens_for_the_answer() -> None:
    wanted = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert body("anthropic", "claude-sonnet-4", None, 1024) == wanted
    assert body("anthropic", "claude-sonnet-4", "none") == {"thinking": {"type": "disabled"}}
    assert "takes none, or a budget" in refusal("anthropic", "claude-sonnet-4", "high")
    assert "from 1024 to less than ++inference.tokens_to_generate (2048)" in refusal("anthropic", "c", None, 2048)
    assert "from 1024" in refusal("anthropic", "c", None, 100)


def test_gemini_takes_an_effort_or_a_budget() -> None:
    config = {"google": {"thinking_config": {"thinking_budget": 512}}}
    assert body("gemini", "gemini-2.5-flash", "none") == {"reasoning_effort": "none"}
    assert body("gemini", "gemini-2.5-flash", None, 512) == {"extra_body": config}
    assert "can't be turned off" in refusal("gemini", "gemini-2.5-pro", "none")
    assert refusal("gemini", "gemini-2.5-flash", "low", 512) == "Gemini takes an effort or a budget, not both"
    assert refusal("gemini", "gemini-2.5-flash", "max") == "Gemini takes none, minimal, low, medium, high"


@pytest.mark.parametrize("words", ["openai", "openrouter", "deepseek", "dashscope", "anthropic", "gemini"])
def test_providers_take_neither_with_a_text_completion(words: str) -> None:
    assert refusal(words, "m", "high", endpoint="text").endswith("takes it for chats alone")
