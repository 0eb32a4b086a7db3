"""Rows that are not prepared are refused, and requests ask for the special tokens that are parsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.benchmarks.loading import asked_settings, open_rows
from northstar.benchmarks.registry import find_benchmark
from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError


@pytest.mark.parametrize(
    ("name", "split", "command"),
    [
        ("gpqa", "diamond", "ns prepare_data gpqa first"),
        ("gpqa.main", "main", "ns prepare_data gpqa.main first"),
        ("bfcl_v3.simple", "test", "ns prepare_data bfcl_v3 first"),
        ("livecodebench", "test_v5_2407_2412", "ns prepare_data livecodebench.test_v5_2407_2412 first"),
    ],
)
def test_the_command_names_the_split_that_is_asked(tmp_path: Path, name: str, split: str, command: str) -> None:
    with pytest.raises(NorthstarError) as error:
        open_rows(find_benchmark(name), split, tmp_path, None)
    assert command in str(error.value)


@pytest.mark.parametrize(
    ("name", "overrides", "special", "asked"),
    [
        ("bfcl_v3.simple", ["++tool_parser=hermes"], "<tool_call>", True),
        ("bfcl_v3.simple", [], "</tool_call>", True),
        ("bfcl_v3.simple", ["++tool_parser=deepseek"], "<｜tool▁calls▁begin｜>", True),
        ("bfcl_v3.simple", ["++tool_parser=deepseek"], "<tool_call>", False),
        ("bfcl_v3.simple", ["++tool_parser=llama3_json"], "<|python_tag|>", False),
        ("bfcl_v3.simple", ["++use_client_parsing=False"], "<tool_call>", False),
        ("gpqa", ["++tool_parser=hermes"], "<tool_call>", False),
    ],
)
def test_marks_of_calls_that_are_special_tokens_are_asked_for_where_calls_are_parsed(
    tmp_path: Path, name: str, overrides: list[str], special: str, asked: bool
) -> None:
    model = tmp_path / "Qwen3-8B"
    model.mkdir()
    (model / "tokenizer.json").write_text(json.dumps({"added_tokens": [{"content": special, "special": True}]}))
    server = ServerPlan(type="vllm", model=str(model))
    settings = asked_settings(find_benchmark(name), settings_from(parse_overrides(overrides)), server)
    assert settings.inference.extra_body == ({"skip_special_tokens": False} if asked else {})
