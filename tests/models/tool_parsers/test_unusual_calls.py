"""Calls with other text around them or written oddly: which are read, and which close to them are not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from northstar.models.tool_parsers.parser import find_tool_parser

Calls = list[tuple[str, dict[str, Any]]]
Case = tuple[str, Calls, str]
F, G = '{"name": "f", "arguments": {"a": 1}}', '{"name": "g", "arguments": {}}'
CALLED_F: Calls = [("f", {"a": 1})]
CALLED_BOTH: Calls = [*CALLED_F, ("g", {})]


def read(form: str, text: str) -> tuple[Calls, str]:
    parsed = find_tool_parser(form, "").parse(text)
    return [(call.name, json.loads(call.arguments)) for call in parsed.calls], parsed.text


LLAMA: list[Case] = [
    (f"Sure: {F} That is it.", CALLED_F, "Sure:\nThat is it."),
    (f"First {F}\nThen {G}", CALLED_BOTH, "First\nThen"),
    (f"{F}<|eot_id|>", CALLED_F, ""),
    (f"{F}<|eom_id|>\n", CALLED_F, ""),
    (f"```json\n{F}\n```", CALLED_F, ""),
    (f"```json\n[{F}, {G}]\n```\nBoth.", CALLED_BOTH, "Both."),
    (f"{F}}}", CALLED_F, ""),
    (f"{F}{{", CALLED_F, ""),
    (f"{F}{G}", CALLED_BOTH, ""),
    (f"{F};;{G}", CALLED_BOTH, ""),
    (f"{F}<|python_tag|>{G}", CALLED_BOTH, ""),
    (f"[{F}, 5]", CALLED_F, "5]"),
]
NEMOTRON: list[Case] = [
    (f"<TOOLCALL>{F}]</TOOLCALL>", CALLED_F, ""),
    (f"<TOOLCALL>{F}, {G}]</TOOLCALL>", CALLED_BOTH, ""),
    (f"<TOOLCALL>[{F}, {G}</TOOLCALL>", CALLED_BOTH, ""),
    (f'<TOOLCALL>[{F}]</TOOLCALL><TOOLCALL>[{{"name"', CALLED_F, ""),
    (f"So.<TOOLCALL>[{F}]</TOOLCALL> And <TOOLCALL>[{G}]</TOOLCALL>", CALLED_F, "So. And"),
    (f'<TOOLCALL>[{F}, "g", {{"name": 5}}, {{"name": "g", "arguments": [1]}}]</TOOLCALL>', CALLED_F, ""),
    ('<TOOLCALL>[{"name": "f", "arguments": {"a": Infinity}}]</TOOLCALL>', [("f", {"a": float("inf")})], ""),
]
MISTRAL: list[Case] = [
    (f"Sure. [TOOL_CALLS] [{F}] That is it.", CALLED_F, "Sure.\nThat is it."),
    (f"[TOOL_CALLS] [{F}]</s>", CALLED_F, ""),
    (f"[TOOL_CALLS][TOOL_CALLS] [{F}]", CALLED_F, ""),
    (f"[TOOL_CALLS] ```json\n[{F}, {G}]\n```", CALLED_BOTH, ""),
    (f"[TOOL_CALLS] [{F}][TOOL_CALLS] [{G}]", CALLED_F, ""),
    ('[TOOL_CALLS]f{"a": 1} and [TOOL_CALLS]g[ARGS]{} done', CALLED_BOTH, "and\ndone"),
    ('[TOOL_CALLS]f{"a": 1}}', CALLED_F, ""),
    ("[TOOL_CALLS]f[ARGS]", [("f", {})], ""),
    ("[TOOL_CALLS]f", [("f", {})], ""),
    ('[TOOL_CALLS]true_north/ä{"a": 1}', [("true_north/ä", {"a": 1})], ""),
]
BEGIN, SEPARATOR, END = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"
DEEPSEEK: list[Case] = [
    (f"{BEGIN}f{SEPARATOR}{{}}{END}{BEGIN}g{SEPARATOR}{{", [("f", {})], ""),
    (f"{BEGIN}f{END}{BEGIN}g{SEPARATOR}{{}}{END}", [("g", {})], ""),
    (f"{BEGIN}f{SEPARATOR}{{}}{BEGIN}g{SEPARATOR}{{}}{END}", [("f", {}), ("g", {})], ""),
    (f"{BEGIN}f{SEPARATOR}{{'a':\n1}}{END}{BEGIN}g{SEPARATOR}{{}}{END}", [("g", {})], ""),
    (f"{BEGIN}function{SEPARATOR}f\n```\n{{'a': 1}}\n```{END}{BEGIN}g{SEPARATOR}{{}}{END}", [("g", {})], ""),
    (f"{BEGIN}f{SEPARATOR}{{}}{END}{BEGIN}function{SEPARATOR}", [("f", {})], ""),
    (f"{BEGIN}to do{SEPARATOR}{{}}{END}", [("to do", {})], ""),
]
PYTHONIC: list[Case] = [
    ("[f(a=1)];", CALLED_F, ""),
    ("[f(a=1)],", CALLED_F, ""),
    ("[f(a=1), g(),]", CALLED_BOTH, ""),
    ("[f(a=1); g()]", CALLED_BOTH, ""),
    ("f(a=1); g()", CALLED_BOTH, ""),
    ("f(a=1)\ng()", CALLED_BOTH, ""),
    ("[f(a=1)]\n[g()]", CALLED_F, ""),
    ("[f(a=1), # first\n g()] # both", CALLED_BOTH, ""),
    ("'[f(a=1)]'", CALLED_F, ""),
    ('"f(a=1)"', CALLED_F, ""),
    ("['f(a=1)', \"g()\"]", CALLED_BOTH, ""),
    ("[f(a=1)]<|eot_id|>", CALLED_F, ""),
    (" <|python_start|> [f(a=1)]\n<|python_end|><|eot|>\n", CALLED_F, ""),
    ("[f(a='<|eot|>')]", [("f", {"a": "<|eot|>"})], ""),
    ("[f(a=2 * 12)]", [("f", {"a": 24})], ""),
    ("[f(a=[1 + 2, -(3 - 1) * 2], b=--1)]", [("f", {"a": [3, -4], "b": 1})], ""),
    ("[f(a=0x1F, b=0b11, c=1_000)]", [("f", {"a": 31, "b": 3, "c": 1000})], ""),
    ("[f(a=f'{{x}}', b=u'y', c='\\N{BULLET}')]", [("f", {"a": "{x}", "b": "y", "c": "•"})], ""),
    ("[f(a={1, 'x'}, b={True: None, 2.5: {}})]", [("f", {"a": [1, "x"], "b": {"true": None, "2.5": {}}})], ""),
    ("[f(a=0, a=1)]", CALLED_F, ""),
]
READ: list[tuple[str, str, Calls, str]] = [
    *(("llama3_json", *case) for case in LLAMA),
    *(("llama_nemotron", *case) for case in NEMOTRON),
    *(("mistral", *case) for case in MISTRAL),
    *(("deepseek", *case) for case in DEEPSEEK),
    *(("pythonic", *case) for case in PYTHONIC),
    ("hermes", f"<tool_call>{F}</tool_call></tool_call>", CALLED_F, ""),
    ("hermes", f"<tool_call>{F}</tool_call> So.", CALLED_F, "So."),
    ("hermes", '<tool_call>{"name": "", "arguments": []}</tool_call>', [("", {})], ""),
]


@pytest.mark.parametrize(("form", "text", "calls", "rest"), READ)
def test_these_are_read(form: str, text: str, calls: Calls, rest: str) -> None:
    assert read(form, text) == (calls, rest)


@pytest.mark.parametrize("form", ["hermes", "llama3_json", "llama_nemotron", "mistral"])
def test_numbers_that_json_has_not_are_read_as_pythons_json_does(form: str) -> None:
    marks = {"hermes": "<tool_call>%s</tool_call>", "llama_nemotron": "<TOOLCALL>[%s]</TOOLCALL>"}
    call = '{"name": "f", "arguments": {"a": NaN, "b": 1e999}}'
    calls, _ = read(form, marks.get(form, "[TOOL_CALLS]%s" if form == "mistral" else "%s") % call)
    assert str(calls) == "[('f', {'a': nan, 'b': inf})]"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("llama3_json", f"The set {{1, 2}} is given.\n{F}"),
        ("llama3_json", f"{F} and {{more}}"),
        ("llama3_json", f"{F}{{{{"),
        ("llama3_json", f"{{{F}{{"),
        ("llama3_json", f'{F} returns {{"b": 2}}.'),
        ("llama3_json", f"{{{F}}}"),
        ("llama3_json", 'His record is {"name": "f"}.'),
        ("llama3_json", f'{F} <|python_tag|>{{"name": "g"}}'),
        ("llama3_json", 'So: {"name": "f", "arguments": [1]}'),
        ("llama_nemotron", f"<TOOLCALL>[{F}] done</TOOLCALL>"),
        ("llama_nemotron", f"<TOOLCALL>[[{F}]]</TOOLCALL>"),
        ("llama_nemotron", f"<TOOLCALL>[{F}, {{</TOOLCALL>"),
        ("llama_nemotron", f"<TOOLCALL>[{F}]]]</TOOLCALL>"),
        ("llama_nemotron", f'<TOOLCALL>[{{"name"</TOOLCALL><TOOLCALL>[{F}]</TOOLCALL>'),
        ("llama_nemotron", f'<TOOLCALL>[{F}, {{"name": "g", "arguments": "later"}}]</TOOLCALL>'),
        ("llama_nemotron", '<TOOLCALL>["f"]</TOOLCALL>'),
        ("mistral", f"[TOOL_CALLS] That is it: {F}"),
        ("mistral", f"[TOOL_CALLS] Here: [{F}] and [{G}]"),
        ("mistral", "[TOOL_CALLS] null"),
        ("mistral", "[TOOL_CALLS] 5"),
        ("mistral", "[TOOL_CALLS] I call f."),
        ("mistral", '[TOOL_CALLS]f{"a": 1}[TOOL_CALLS]g{"b": '),
        ("mistral", f"I write [TOOL_CALLS] first: {F}"),
        ("deepseek", f"{BEGIN}f{END}"),
        ("deepseek", f"{BEGIN}f{SEPARATOR}{{}} and{END}"),
        ("deepseek", f"{BEGIN}f{SEPARATOR}{{}}{END}{BEGIN}g{SEPARATOR}{{'a': 1}}{END}"),
        ("deepseek", f"{BEGIN}function{SEPARATOR}f\n```json\n{{'a': 1}}\n```{END}{BEGIN}g{SEPARATOR}{{}}{END}"),
        ("deepseek", f"{BEGIN}f{SEPARATOR}"),
        ("pythonic", "[f(a=1)]; That is it."),
        ("pythonic", "[f(a=1)] That is it."),
        ("pythonic", "[f(a=1)] [g()]"),
        ("pythonic", "f(a=1) g()"),
        ("pythonic", "[f(a=1) g()]"),
        ("pythonic", "['I call f']"),
        ("pythonic", "['f(a=1) and g()']"),
        ("pythonic", "[f(a=2 ** 3)]"),
        ("pythonic", "[f(a=1 / 0)]"),
        ("pythonic", "[f(a='x' * 3)]"),
        ("pythonic", "[f(a=2 * x)]"),
        ("pythonic", "[f(a=True + 1)]"),
        ("pythonic", "[f(a=-'x')]"),
        ("pythonic", "[f(a=f'{x}')]"),
        ("pythonic", "[f(a='\\N{NO SUCH NAME}')]"),
        ("pythonic", "[f(a={1, 'b': 2})]"),
        ("pythonic", "[f(a={'b': 1, 2})]"),
        ("pythonic", "[f(a={[1]: 2})]"),
        ("pythonic", "[f(a=0x)]"),
    ],
)
def test_these_are_text(form: str, text: str) -> None:
    assert read(form, text) == ([], text)
