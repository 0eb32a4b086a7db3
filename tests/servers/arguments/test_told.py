"""How much the model reasons is put into the settings in its server's words, or refused before anything is asked."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError
from northstar.servers.arguments.told import template_of, told, unsaid_fields

OWN = "http://localhost:8000/v1"
QWEN3 = "{%- if enable_thinking is defined and enable_thinking is false %}<think></think>{%- endif %}"
HIGH, NONE, RESPONSES = (
    "++inference.reasoning_effort=high",
    "++inference.reasoning_effort=none",
    "++inference.endpoint_type=responses",
)


def settings(*overrides: str) -> EvalSettings:
    return settings_from(parse_overrides(overrides)).asked


def refusal(server: ServerPlan, *overrides: str) -> str:
    with pytest.raises(UsageError) as refused:
        told(settings(*overrides), server)
    return str(refused.value)


def folder(path: Path, template: str) -> str:
    path.mkdir(parents=True)
    (path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    return str(path)


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    asked = settings("++chat_template_kwargs.enable_thinking=False")
    assert told(asked, ServerPlan(type="vllm", model="Qwen3-8B")) is asked


def test_fields_go_beside_the_users_own() -> None:
    found = told(settings(HIGH, "++inference.extra_body.x=1"), ServerPlan(type="vllm", model="gpt-oss-20b"))
    assert found.inference.extra_body == {"x": 1, "reasoning_effort": "high"}


def test_arguments_of_the_template_go_beside_the_users_own() -> None:
    found = told(settings(NONE, "++chat_template_kwargs.x=1"), ServerPlan(type="vllm", model="Qwen3-8B"))
    assert found.chat_template_kwargs == {"x": 1, "enable_thinking": False}


def test_the_template_in_the_models_folder_decides(tmp_path: Path) -> None:
    server = ServerPlan(type="vllm", model=folder(tmp_path / "any", QWEN3))
    assert told(settings(NONE), server).chat_template_kwargs == {"enable_thinking": False}
    plain = ServerPlan(type="vllm", model=folder(tmp_path / "Qwen3-8B", "{{ messages }}"))
    assert "neither its name nor its chat template says" in refusal(plain, NONE)


def test_a_template_that_the_servers_arguments_replace_decides_nothing(tmp_path: Path) -> None:
    plain = folder(tmp_path / "Qwen3-8B", "{{ messages }}")
    server = ServerPlan(type="vllm", model=plain, args="--chat-template other.jinja")
    assert told(settings(NONE), server).chat_template_kwargs == {"enable_thinking": False}


def test_the_template_in_a_gguf_file_decides(tmp_path: Path) -> None:
    file, text = tmp_path / "m.gguf", QWEN3.encode()
    file.write_bytes(b"GGUF..tokenizer.chat_template" + struct.pack("<IQ", 8, len(text)) + text + b"\x00" * 9)
    server = ServerPlan(type="llamacpp", model=str(file))
    assert template_of(server) == QWEN3
    assert told(settings(NONE), server).chat_template_kwargs == {"enable_thinking": False}


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"tokenizer.chat_template", b"tokenizer.chat_template" + b"\xff" * 12]
)
def test_a_gguf_file_without_a_whole_template_has_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(content)
    assert not template_of(ServerPlan(type="llamacpp", model=str(file)))


def test_a_server_of_an_unknown_kind_is_refused_with_what_to_say() -> None:
    server = ServerPlan(type="openai", model="Qwen3-8B", address=OWN)
    assert refusal(server, NONE) == (
        "++inference.reasoning_effort=none: nothing says in whose words Qwen3-8B takes it. Say --server_type (also "
        "with an address: vllm, sglang, llamacpp, …), or ++inference.reasoning_words (vllm, sglang, trtllm, llamacpp, "
        "openai, openrouter, deepseek, dashscope, anthropic, gemini)."
    )
    by_setting = told(settings(NONE, "++inference.reasoning_words=vllm"), server)
    assert by_setting.chat_template_kwargs == {"enable_thinking": False}


def test_what_has_no_words_is_refused_with_the_reason() -> None:
    budget = "++inference.reasoning_budget=512"
    assert refusal(ServerPlan(type="openai", model="o3", address="https://api.openai.com/v1"), budget) == (
        "++inference.reasoning_budget=512 can't be said to o3 at OpenAI: OpenAI's API has no budget of tokens; "
        "++inference.reasoning_effort says how much it reasons."
    )


def test_what_is_said_twice_must_be_the_same() -> None:
    server = ServerPlan(type="vllm", model="Qwen3-8B")
    assert told(settings(NONE, "++chat_template_kwargs.enable_thinking=False"), server)
    assert refusal(server, NONE, "++chat_template_kwargs.enable_thinking=True") == (
        "++chat_template_kwargs.enable_thinking=True contradicts ++inference.reasoning_effort=none, which sends False: "
        "leave one out."
    )


def test_what_the_responses_api_has_no_word_for_is_refused() -> None:
    openai = ServerPlan(type="openai", model="gpt-5.1", address="https://api.openai.com/v1")
    assert "no word for ++inference.top_k here" in refusal(openai, RESPONSES, "++inference.top_k=20")
    assert told(settings("++inference.top_k=20"), openai)
    assert told(settings(RESPONSES, "++inference.top_k=20"), ServerPlan(type="openai", model="m", address=OWN))


def test_the_effort_of_a_response_stands_in_its_own_object() -> None:
    openai = ServerPlan(type="openai", model="gpt-5.1", address="https://api.openai.com/v1")
    assert told(settings(RESPONSES, HIGH), openai).inference.extra_body == {"reasoning": {"effort": "high"}}


def test_seeds_are_left_out_where_the_responses_api_takes_none() -> None:
    openai = ServerPlan(type="openai", model="gpt-5.1", address="https://api.openai.com/v1")
    assert unsaid_fields(settings(RESPONSES), openai) == {"seed"}
    assert unsaid_fields(settings(), openai) == frozenset()
    assert unsaid_fields(settings(RESPONSES), ServerPlan(type="vllm", model="m")) == frozenset()
