"""Special tokens are shown where one ends the reasoning or marks a call that is read here, and gone from the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.plan import ServerPlan
from northstar.models.templates.shown_tags import with_tags_shown, without_endings

ENDS = {"</think>": True, "<|im_end|>": True, "<tool_call>": False}


def folder(path: Path, **tokens: bool) -> str:
    added = {str(place): {"content": text, "special": special} for place, (text, special) in enumerate(tokens.items())}
    (path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    return str(path)


def shown(model: str, *overrides: str, kind: str = "vllm", marks: tuple[str, ...] = (), **plan: Any) -> dict[str, Any]:
    settings = settings_from(parse_overrides(overrides))
    return with_tags_shown(settings, ServerPlan(type=kind, model=model, **plan), marks).inference.extra_body


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
@pytest.mark.parametrize("overrides", [(), ("++parse_reasoning=True",)])
def test_an_end_that_is_a_special_token_is_asked_for(tmp_path: Path, kind: str, overrides: tuple[str, ...]) -> None:
    assert shown(folder(tmp_path, **ENDS), *overrides, kind=kind) == {"skip_special_tokens": False}


@pytest.mark.parametrize(
    ("overrides", "kind", "plan"),
    [
        (("++parse_reasoning=False",), "vllm", {}),
        (("++end_reasoning_string=<tool_call>", "++parse_reasoning=True"), "vllm", {}),
        ((), "vllm", {"args": "--reasoning-parser qwen3"}),
        ((), "openai", {"address": "http://x/v1"}),
        ((), "llamacpp", {}),
        ((), "trtllm", {}),
    ],
)
def test_else_the_field_is_not_sent(
    tmp_path: Path, overrides: tuple[str, ...], kind: str, plan: dict[str, Any]
) -> None:
    assert shown(folder(tmp_path, **ENDS), *overrides, kind=kind, **plan) == {}


@pytest.mark.parametrize("tokens", [{}, {"</think>": False}, {"<|im_end|>": True}])
def test_a_model_whose_texts_show_the_end_anyway_is_asked_as_ever(tmp_path: Path, tokens: dict[str, bool]) -> None:
    assert shown(folder(tmp_path, **tokens), "++parse_reasoning=True") == {}


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
def test_of_a_model_of_the_hub_the_end_may_be_one(kind: str) -> None:
    assert shown("org/model", kind=kind) == {"skip_special_tokens": False}


NOT_REASONING = "++parse_reasoning=False"
MARKS = ("<tool_call>", "</tool_call>")


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
@pytest.mark.parametrize("special", MARKS)
def test_marks_of_calls_that_are_special_tokens_are_asked_for(tmp_path: Path, kind: str, special: str) -> None:
    model = folder(tmp_path, **{special: True})
    assert shown(model, NOT_REASONING, kind=kind, marks=MARKS) == {"skip_special_tokens": False}
    assert shown(model, kind=kind, args="--reasoning-parser x", marks=MARKS) == {"skip_special_tokens": False}


def test_of_a_model_of_the_hub_a_mark_may_be_one() -> None:
    assert shown("org/model", NOT_REASONING, marks=MARKS) == {"skip_special_tokens": False}


@pytest.mark.parametrize(("tokens", "kind"), [(ENDS, "vllm"), ({"<tool_call>": True}, "openai"), ({}, "llamacpp")])
def test_else_marks_of_calls_change_nothing(tmp_path: Path, tokens: dict[str, bool], kind: str) -> None:
    assert shown(folder(tmp_path, **tokens), NOT_REASONING, kind=kind, marks=MARKS) == {}


def test_the_folder_is_found_where_this_process_sees_it(tmp_path: Path) -> None:
    model = folder(tmp_path, **{"<|im_end|>": True})
    assert shown("/model", "++parse_reasoning=True", paths=(("/model", model),)) == {}


def test_what_the_user_says_of_the_field_holds(tmp_path: Path) -> None:
    message = shown(folder(tmp_path, **ENDS), "++inference.extra_body.skip_special_tokens=True")
    assert message == {"skip_special_tokens": True}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("5<|im_end|>", "5"),
        ("5 <|im_end|>\n<|im_end|>\n", "5 "),
        ("5", "5"),
        (" 5 ", " 5 "),
        ("<|im_end|> 5", "<|im_end|> 5"),
        ("hm</think>", "hm</think>"),
        ("hm</think><|im_end|>", "hm</think>"),
        ("5<tool_call>", "5<tool_call>"),
        ("<|im_end|>", ""),
    ],
)
def test_special_tokens_are_taken_off_the_end_but_for_the_reasonings(tmp_path: Path, text: str, left: str) -> None:
    assert without_endings(text, folder(tmp_path, **ENDS), ["</think>"]) == left
