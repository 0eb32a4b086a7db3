"""What is read from a model's folder, whatever is in it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from northstar.models.templates.model_folder import folder_template, is_base_model, special_tokens

THINK = {"content": "</think>", "special": True}
NAMED = [{"name": "tools", "template": "no"}, 5, {"name": "default", "template": "named"}]


def folder(path: Path, **files: Any) -> str:
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize(
    ("files", "jinja", "found"),
    [
        ({"tokenizer_config": {"chat_template": "one"}}, None, "one"),
        ({"tokenizer_config": {"chat_template": NAMED}}, None, "named"),
        ({"tokenizer_config": {"chat_template": "one"}, "chat_template": {"chat_template": "own"}}, None, "own"),
        ({"tokenizer_config": {"chat_template": "one"}}, "jinja", "jinja"),
        ({"tokenizer_config": {"chat_template": {"a": 1}}}, None, None),
        ({"tokenizer_config": []}, None, None),
        ({}, None, None),
    ],
)
def test_a_template_is_found_in_each_of_its_places(
    tmp_path: Path, files: dict[str, Any], jinja: str | None, found: str | None
) -> None:
    model = folder(tmp_path, **files)
    if jinja is not None:
        (tmp_path / "chat_template.jinja").write_text(jinja)
    template = folder_template(model)
    assert (template.source if template else None) == found


def test_a_vocabulary_beside_them_is_not_read_into_memory(tmp_path: Path) -> None:
    model = folder(tmp_path, tokenizer={"model": {"merges": [[]] * 1_000_000}, "added_tokens": [THINK]})
    tracemalloc.start()
    try:
        assert special_tokens(model) == {"</think>"}
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_folder_with_a_tokenizer_and_no_template_is_a_base_model(tmp_path: Path) -> None:
    assert is_base_model(folder(tmp_path, tokenizer_config={"eos_token": "</s>"}))


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"chat_template": "x"', "\x00"])
def test_a_file_that_is_no_json_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer_config.json").write_text(text)
    assert (folder_template(str(tmp_path)), special_tokens(str(tmp_path))) == (None, frozenset())


@pytest.mark.parametrize(
    ("files", "special"),
    [
        ({"tokenizer_config": {"eos_token": "</s>"}}, {"</s>"}),
        ({"tokenizer_config": {"eos_token": {"content": "</s>"}, "pad_token": None}}, {"</s>"}),
        ({"tokenizer_config": {"added_tokens_decoder": {"7": {"content": "</think>", "special": True}}}}, {"</think>"}),
        ({"tokenizer_config": {"added_tokens_decoder": {"7": {"content": "</think>", "special": False}}}}, set()),
        ({"tokenizer_config": {"additional_special_tokens": ["</think>", {"content": "<t>"}]}}, {"</think>", "<t>"}),
        ({"tokenizer": {"added_tokens": [{"content": "</think>", "special": True}, {"content": "a"}]}}, {"</think>"}),
        ({"special_tokens_map": {"additional_special_tokens": ["</think>"]}}, {"</think>"}),
        ({"tekken": {"special_tokens": [{"token_str": "[/THINK]", "is_control": True}]}}, {"[/THINK]"}),
        (
            {"tokenizer": {"added_tokens": [{"content": None}, 5, {"content": "</think>", "special": True}]}},
            {"</think>"},
        ),
        (
            {"tokenizer_config": {"added_tokens_decoder": {"1": None, "2": {"content": "</s>", "special": True}}}},
            {"</s>"},
        ),
        (
            {
                "tokenizer_config": {"added_tokens_decoder": {}},
                "tokenizer": {"added_tokens": [{"content": "</think>", "special": True}]},
            },
            {"</think>"},
        ),
        (
            {
                "tokenizer_config": {"added_tokens_decoder": {"2": {"content": "</s>", "special": True}}},
                "tokenizer": {"added_tokens": [{"content": "</think>", "special": True}]},
            },
            {"</s>", "</think>"},
        ),
        (
            {"tekken": {"special_tokens": [{"token_str": None}, {"token_str": "[/THINK]", "is_control": True}]}},
            {"[/THINK]"},
        ),
        ({"tokenizer_config": {"added_tokens_decoder": [5]}, "tokenizer": [], "special_tokens_map": 5}, set()),
        ({"tokenizer": {"added_tokens": [5], "model": {"vocab": {"a": 1}}}, "tekken": {"special_tokens": {}}}, set()),
    ],
)
def test_special_tokens_are_those_that_the_tokenizers_files_name(
    tmp_path: Path, files: dict[str, Any], special: set[str]
) -> None:
    assert special_tokens(folder(tmp_path, **files)) == special
