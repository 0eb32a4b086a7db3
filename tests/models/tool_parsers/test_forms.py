"""What each form of calls looks like when it is good, broken or nested."""

from __future__ import annotations

import json
from typing import Any

import pytest

from northstar.models.tool_parsers.parser import find_tool_parser

Calls = list[tuple[str, dict[str, Any]]]
NESTED = {"a": {"b": [1, {"c": '</tool_call> ] </TOOLCALL> "x" ; } \''}]}, "d": None, "e": True, "f": -1.5}
NESTED_JSON = json.dumps(NESTED)
V3 = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{}\n```json\n{}\n```<｜tool▁call▁end｜>"


def read(form: str, text: str) -> tuple[Calls, str]:
    parsed = find_tool_parser(form, "").parse(text)
    return [(call.name, json.loads(call.arguments)) for call in parsed.calls], parsed.text


GOOD: list[tuple[str, str, Calls, str]] = [
    ("llama_nemotron", '<TOOLCALL>[{"name": "f", "arguments": {"a": 1}}]</TOOLCALL>', [("f", {"a": 1})], ""),
    (
        "llama_nemotron",
        'See.\n<TOOLCALL>[{"name": "f.g", "arguments": {}}, {"name": "h", "arguments": {"b": "ü"}}]</TOOLCALL>\n',
        [("f.g", {}), ("h", {"b": "ü"})],
        "See.",
    ),
    ("llama_nemotron", '<TOOLCALL>{"name": "f"}, {"name": "g"}</TOOLCALL>', [("f", {}), ("g", {})], ""),
    ("llama_nemotron", f'<TOOLCALL>[{{"name": "f", "arguments": {NESTED_JSON}}}]</TOOLCALL>', [("f", NESTED)], ""),
    ("llama_nemotron", '<TOOLCALL>[{"name": "f", "arguments": "{\\"a\\": 1}"}]', [("f", {"a": 1})], ""),
    ("llama_nemotron", "<TOOLCALL>[]</TOOLCALL>", [], "<TOOLCALL>[]</TOOLCALL>"),
    ("hermes", '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>', [("f", {"a": 1})], ""),
    (
        "hermes",
        'Two.\n<tool_call>\n{"arguments": {"a": 1}, "name": "f"}\n</tool_call>\n<tool_call>{"name": "f"}</tool_call>',
        [("f", {"a": 1}), ("f", {})],
        "Two.",
    ),
    ("hermes", f'<tool_call>{{"name": "f", "arguments": {NESTED_JSON}}}</tool_call>', [("f", NESTED)], ""),
    ("hermes", '<tool_call>[{"name": "f", "arguments": {}}]</tool_call>', [("f", {})], ""),
    ("hermes", '<tool_call>{"name": "f", "arguments": {}}', [("f", {})], ""),
    ("llama3_json", '{"name": "f", "parameters": {"a": "1"}}', [("f", {"a": "1"})], ""),
    ("llama3_json", '<|python_tag|>{"name": "f", "parameters": {}}; {"name": "g"}', [("f", {}), ("g", {})], ""),
    ("llama3_json", '[{"name": "f", "parameters": {}},\n {"name": "g", "arguments": {}}]', [("f", {}), ("g", {})], ""),
    ("llama3_json", f'{{"name": "f", "parameters": {NESTED_JSON}}}', [("f", NESTED)], ""),
    ("mistral", '[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}]', [("f", {"a": 1})], ""),
    ("mistral", f"So.[TOOL_CALLS]f[ARGS]{NESTED_JSON}[TOOL_CALLS]g.h{{}}", [("f", NESTED), ("g.h", {})], "So."),
    ("mistral", '[TOOL_CALLS]f[CALL_ID]000000001[ARGS]{}', [("f", {})], ""),
    (
        "deepseek",
        f'Yes.<｜tool▁calls▁begin｜>{V3.format("f", NESTED_JSON)}\n{V3.format("g", "{}")}<｜tool▁calls▁end｜>',
        [("f", NESTED), ("g", {})],
        "Yes.",
    ),
    (
        "deepseek",
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        [("f", {"a": 1})],
        "",
    ),
    ("pythonic", "[f(a=1, b='x'), g.h()]", [("f", {"a": 1, "b": "x"}), ("g.h", {})], ""),
    ("pythonic", 'f(a="it\'s", b=(1, 2), c=[], d={"k": (1), 2: None}, e=-1.5e3, f=true)', [
        ("f", {"a": "it's", "b": [1, 2], "c": [], "d": {"k": 1, "2": None}, "e": -1500.0, "f": True})
    ], ""),
    ("pythonic", "```python\n[f(a='\\u00e4\\n' \"b\", c=r'\\d', d='''two\n'lines' ''',)]\n```", [
        ("f", {"a": "ä\nb", "c": "\\d", "d": "two\n'lines' "})
    ], ""),
    ("pythonic", "[f(controller=mapController)]", [("f", {"controller": "mapController"})], ""),
    ("pythonic", "<|python_start|>[python_f(a=[{'b': [1]}])]<|python_end|>", [("python_f", {"a": [{"b": [1]}]})], ""),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "calls", "rest"), GOOD)
def test_calls_are_read_and_the_text_around_them_is_kept(form: str, text: str, calls: Calls, rest: str) -> None:
    assert read(form, text) == (calls, rest)


NONE = ["{}", "null", '""', '"  "', '"null"', '"{}"']
"""What stands for no arguments."""


@pytest.mark.parametrize("none", NONE)
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("llama_nemotron", '<TOOLCALL>[{"name": "f", "arguments": %s}]</TOOLCALL>'),
        ("hermes", '<tool_call>{"name": "f", "arguments": %s}</tool_call>'),
        ("hermes", '<tool_call>{"arguments": %s, "name": "f"}</tool_call>'),
        ("llama3_json", '{"name": "f", "parameters": %s}'),
        ("mistral", '[TOOL_CALLS][{"name": "f", "arguments": %s}]'),
    ],
)
def test_a_call_without_arguments_is_a_call_however_they_are_left_out(form: str, text: str, none: str) -> None:
    assert read(form, text % none) == ([("f", {})], "")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        *((form, text % each) for form, text in [
            ("mistral", "[TOOL_CALLS]f[ARGS]%s"), ("deepseek", V3.replace("{}", "%s") % ("f", "%s"))
        ] for each in NONE[:3]),
        ("mistral", "[TOOL_CALLS]f[ARGS][TOOL_CALLS]f[ARGS]{}"),
        ("deepseek", V3.format("f", "")),
        ("deepseek", "<｜tool▁call▁begin｜>f<｜tool▁sep｜><｜tool▁call▁end｜>"),
    ],
)  # fmt: skip
def test_so_it_is_where_the_arguments_stand_beside_the_name(form: str, text: str) -> None:
    calls, rest = read(form, text)
    assert ({*map(str, calls)}, rest) == ({"('f', {})"}, "")


def test_parameters_are_read_where_arguments_are_none() -> None:
    text = '<tool_call>{"name": "f", "arguments": null, "parameters": {"a": 1}}</tool_call>'
    assert read("hermes", text) == ([("f", {"a": 1})], "")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("llama_nemotron", '<TOOLCALL>[{"name": "f", "arguments": {"a": 1}</TOOLCALL>'),
        ("llama_nemotron", '<TOOLCALL>[{"name": 5, "arguments": {}}]</TOOLCALL>'),
        ("llama_nemotron", "<TOOLCALL>f(a=1)</TOOLCALL>"),
        ("llama_nemotron", '[{"name": "f", "arguments": {}}]'),
        ("hermes", "<tool_call>{'name': 'f', 'arguments': {}}</tool_call>"),
        ("hermes", '<tool_call>{"name": "f", "arguments": [1]}</tool_call>'),
        ("hermes", '<tool_call>{"name": "f", "arguments": "later"}</tool_call>'),
        ("hermes", '<tool_call>{"arguments": {}}</tool_call>'),
        ("hermes", '<tool_call>{"name": "f", "arguments": {}} and more </tool_call>'),
        ("hermes", "<tool_call>" + "[" * 100_000),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": ' + "9" * 5000 + "}}</tool_call>"),
        ("llama3_json", '{"answer": 5}'),
        ("llama3_json", '{"name": "f", "parameters": {}}; {"name":'),
        ("mistral", "[TOOL_CALLS]"),
        ("mistral", "[TOOL_CALLS]f[ARGS]{'a': 1}"),
        ("deepseek", V3.format("f", "{'a': 1}")),
        ("deepseek", "<｜tool▁call▁begin｜>f{}<｜tool▁call▁end｜>"),
        ("pythonic", "[f(a=1"),
        ("pythonic", "[f(1)]"),
        ("pythonic", "[f(a=g(b=1))]"),
        ("pythonic", "[f(a=__import__('os').system('true'))]"),
        ("pythonic", "[f(a=lambda: 1)]"),
        ("pythonic", "[f(a='" + "\\" + "')]"),
        ("pythonic", "f(a=" + "[" * 100_000 + "]" * 100_000 + ")"),
        ("pythonic", "I would call f(a=1)"),
        ("pythonic", "The capital is Paris (France)"),
        ("pythonic", "[]"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_text_and_nothing_of_it_is_called(form: str, text: str) -> None:
    assert read(form, text) == ([], text)
