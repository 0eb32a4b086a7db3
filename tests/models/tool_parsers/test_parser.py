"""Which parser reads which model, and what holds for all of them."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.core.errors import UsageError
from northstar.models.tool_parsers.parser import find_tool_parser, tool_parser_names

ALL = tool_parser_names()
PIECES = [
    *(
        "<TOOLCALL>",
        "</TOOLCALL>",
        "<tool_call>",
        "</tool_call>",
        "<|python_tag|>",
        "[TOOL_CALLS]",
        "[ARGS]",
        "```json\n",
    ),
    *(
        "<｜tool▁call▁begin｜>",
        "<｜tool▁call▁end｜>",
        "<｜tool▁sep｜>",
        "<｜tool▁calls▁begin｜>",
        "function",
        "```",
        "\n",
    ),
    *(
        '{"name": "f", "arguments": {}}',
        '{"name": "f", "parameters": {"a": [1]}}',
        "[",
        "]",
        "{",
        "}",
        "f(",
        ")",
        "a=",
        "1",
    ),
    *("'", '"', "'''", '"""', "\\", ",", ";", ":", "f", " ", "Infinity", "-", "1e999", "\ud800", "Ä", '"name"'),
]


def test_parsers_are_found_by_their_files() -> None:
    assert ALL == ["deepseek", "hermes", "llama3_json", "llama_nemotron", "mistral", "pythonic"]
    assert all(callable(find_tool_parser(name, "").parse) for name in ALL)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("/workspace/Llama-3_3-Nemotron-Super-49B-v1_5/", "llama_nemotron"),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", "llama_nemotron"),
        ("Qwen/Qwen3-8B", "hermes"),
        ("/models/Qwen2.5-7B-Instruct/snapshots/a09a35", "hermes"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "hermes"),
        ("smollm2", "hermes"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3_json"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "pythonic"),
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral"),
        ("deepseek-ai/DeepSeek-V3.1", "deepseek"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek"),
    ],
)
def test_a_models_name_tells_its_parser(model: str, name: str) -> None:
    assert find_tool_parser(None, model) is find_tool_parser(name, "")


@pytest.mark.parametrize("model", ["my-model", "Qwen/Qwen3-Coder-30B", ""])
def test_for_an_unknown_model_it_says_which_parsers_there_are(model: str) -> None:
    with pytest.raises(UsageError, match=r"deepseek, hermes, llama3_json, .*\+\+use_client_parsing=False"):
        find_tool_parser(None, model)


def test_a_mistyped_parser_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean hermes"):
        find_tool_parser("hermmes", "Qwen3")


@pytest.mark.parametrize("name", ALL)
@given(text=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30).map("".join))
def test_no_text_makes_it_raise_and_calls_are_sound(name: str, text: str) -> None:
    parsed = find_tool_parser(name, "").parse(text)
    assert parsed.calls or parsed.text == text
    for call in parsed.calls:
        assert call.name.encode()
        assert isinstance(json.loads(call.arguments), dict)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<TOOLCALL>",
            "<TOOLCALL>[",
            "<tool_call>",
            "<tool_call>{",
            "[TOOL_CALLS]",
            "[TOOL_CALLS]f{",
            "{",
            "[",
            "(",
            "f(",
        ),
        *(
            "{'a':",
            "[f(a=",
            "'",
            '"',
            "'''",
            '"""',
            "'\\",
            "'''\\''",
            "''\"\"",
            '{"name":',
            '{"name":"f"};',
            " ",
            "\n",
            "`",
        ),
        *(
            "f(a='b'),",
            "[f(),",
            "1",
            "_",
            "a.",
            "<｜tool▁call▁begin｜>",
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```",
        ),
        *("<tool_call>{}</tool_call>", '<tool_call>{"name":"f","arguments":{}}</tool_call>', "f(a=--", "f(a='' ''"),
    ],
)
def test_long_answers_take_linear_time(name: str, piece: str) -> None:
    parse = find_tool_parser(name, "").parse
    short, long = (_fastest(parse, piece * (size // len(piece))) for size in (20_000, 200_000))
    assert long < 60 * short + 0.05  # ten times as long; quadratic would be a hundred times


OPENINGS = [
    *("<TOOLCALL>", "<TOOLCALL>[", "<tool_call>", '<tool_call>{"name":', "<|python_tag|>", '{"name": "f"}', "[", "[f("),
    *("[TOOL_CALLS]", "[TOOL_CALLS]f", "[TOOL_CALLS]f[CALL_ID]", "[TOOL_CALLS]f[ARGS]", "[f(a=", "[f(a='", "```\n"),
    *("<｜tool▁call▁begin｜>", "<｜tool▁call▁begin｜>f", "<｜tool▁call▁begin｜>f<｜tool▁sep｜>"),
    *("<｜tool▁call▁begin｜>function<｜tool▁sep｜>f", "<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json"),
]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("filler", [" ", "\n", "f", "f ", "\\"])
def test_a_model_that_gets_stuck_within_a_call_takes_linear_time(name: str, filler: str) -> None:
    parse = find_tool_parser(name, "").parse
    for opening in OPENINGS:
        short, long = (_fastest(parse, opening + filler * size) for size in (1_000, 10_000))
        assert long < 60 * short + 0.05, opening


def _fastest(parse: object, text: str) -> float:
    times = []
    for _ in range(3):
        begun = time.process_time()
        parse(text + ")")  # type: ignore[operator]
        times.append(time.process_time() - begun)
    return min(times)
