"""A dry run shows what would be sent, and where; it asks nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from northstar.dry_run import describe
from northstar.evaluation import make_plan

ROW = {
    "id": "simple_0",
    "category": "simple",
    "question": [[{"role": "user", "content": "Wie hoch ist der Säntis?"}]],
    "function": [
        {
            "name": "peak.height",
            "description": "Höhe.",
            "parameters": {"type": "dict", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        }
    ],
}
TOOL = (
    '{"type": "function", "function": {"name": "peak_height", "description": "Höhe. Note that the provided function is '
    'in Python 3 syntax.", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, '
    '"required": ["name"]}}}'
)
MESSAGES = f"[user]\nWie hoch ist der Säntis?\n[tools]\n{TOOL}\n"


def dry_run(tmp_path: Path, benchmarks: str, model: str, *overrides: str) -> str:
    """In a data folder with one row of bfcl_v3; nobody listens at the address."""
    (tmp_path / "data/bfcl_v3").mkdir(parents=True)
    (tmp_path / "data/bfcl_v3/test.jsonl").write_text(json.dumps(ROW) + "\n")
    options: Any = {"data_dir": tmp_path / "data", "server_address": "http://127.0.0.1:9/v1", "overrides": overrides}
    return describe(make_plan(benchmarks, output_dir=tmp_path / "out", model=model, **options))


def folder(path: Path, **config: str) -> str:
    (path / "qwen3").mkdir()
    (path / "qwen3/tokenizer_config.json").write_text(json.dumps(config))
    return str(path / "qwen3")


def test_calls_that_the_server_reads_are_asked_for_with_messages_and_tools(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", "any", "++use_client_parsing=False", "++inference.endpoint_type=text")
    assert "  endpoint_type chat, " in shown
    assert "  tool calls are read by the server\n" in shown
    assert f"\n--- bfcl_v3: its first request, to /chat/completions ---\n{MESSAGES}" in shown


def test_calls_that_are_read_here_are_asked_for_by_the_prompt_that_the_models_template_makes(tmp_path: Path) -> None:
    model = folder(tmp_path, chat_template="{{ tools[0].function.name }}|{{ messages[0].content }}|")
    shown = dry_run(tmp_path, "bfcl_v3", model)
    assert "  apply_chat_template True, endpoint_type text, " in shown
    assert "  tool calls are read here, in the form hermes\n" in shown
    expected = "\n--- bfcl_v3: its first request, to /completions ---\npeak_height|Wie hoch ist der Säntis?|\n"
    assert expected in shown


def test_where_only_the_server_knows_the_template_it_shows_what_that_is_given(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", "qwen3")
    assert f"its first request, to /completions, as the server's chat template renders it ---\n{MESSAGES}" in shown


def test_messages_that_the_template_does_not_take_are_named(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", folder(tmp_path, chat_template="{{ raise_exception('Users only') }}"))
    assert "its first request ---\nthe model's chat template does not take these messages: Users only." in shown


def test_a_base_model_gets_plain_text(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "smoke", folder(tmp_path), "++inference.endpoint_type=text")
    assert "\n--- smoke: its first request, to /completions ---\nAnswer each question with" in shown
