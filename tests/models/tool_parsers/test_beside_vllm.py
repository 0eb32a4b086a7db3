"""What vLLM's parser of a form reads as calls, Northstar's reads the same, as far as a run makes calls of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from northstar.benchmarks.bfcl_v3.calls import decoded
from northstar.models.tool_parsers.parser import find_tool_parser
from tests.models.tool_parsers.texts import BY_PARSER, F
from tests.models.tool_parsers.vllm_readings import Reading, recorded

OURS = {
    "deepseek_v3": "deepseek",
    "deepseek_v31": "deepseek",
    "llama4_pythonic": "pythonic",
    "mistral_before_v11": "mistral",
}
"""The parser for each of vLLM's, where the names differ."""

Calls = list[list[Any]]

OTHERWISE: dict[tuple[str, str], Calls] = {
    # Arguments in `parameters`, which vLLM reads as none.
    ("mistral_before_v11", '[TOOL_CALLS] {"name": "f", "parameters": {"a": 1}}'): [["f", {"a": 1}]],
    ("mistral_before_v11", '[TOOL_CALLS] {"type": "function", "name": "f", "parameters": {"a": 1}}'): [["f", {"a": 1}]],
    # Either form of Mistral's, whatever the tokenizer. vLLM takes the bracket, or nothing, for the name.
    ("mistral", f"[TOOL_CALLS] [{F}]"): [["f", {"a": 1}]],
    ("mistral", f"[TOOL_CALLS]{F}"): [["f", {"a": 1}]],
    ("mistral", '[TOOL_CALLS]{"a": 1}'): [],
    ("mistral", '[TOOL_CALLS][ARGS]{"a": 1}'): [],
    # A name has no white space, and the call's id is no part of it.
    ("mistral", '[TOOL_CALLS]two words{"a": 1}'): [],
    ("mistral", '[TOOL_CALLS]f[CALL_ID]000000001[ARGS]{"a": 1}'): [["f", {"a": 1}]],
    ("deepseek_v3", BY_PARSER["deepseek_v3"][-5]): [["f", {}]],
    ("deepseek_v31", BY_PARSER["deepseek_v31"][-5]): [["f", {}]],
}
"""What is read otherwise, and how."""

MORE = {
    "hermes": 7,
    "llama3_json": 2,
    "mistral": 1,
    "pythonic": 48,
    "llama4_pythonic": 47,
    "deepseek_v3": 5,
    "deepseek_v31": 3,
}
"""The texts in which vLLM reads no call and Northstar does, see docs/tool_calling.md."""


def in_a_run(calls: Any) -> Calls:
    """As a benchmark has them: none if the arguments of one are no object, nothing in their place is no arguments."""
    return decoded([{"name": name, "arguments": arguments} for name, arguments in calls]) or []


def ours(reading: Reading) -> Calls:
    parsed = find_tool_parser(OURS.get(reading.parser, reading.parser), "").parse(reading.text)
    return in_a_run((call.name, call.arguments) for call in parsed.calls)


def test_the_recording_is_of_all_texts() -> None:
    asked = [(parser, text) for parser, texts in BY_PARSER.items() for text in texts]
    assert [(reading.parser, reading.text) for reading in recorded()] == asked


@pytest.mark.parametrize("parser", BY_PARSER)
def test_calls_that_vllm_reads_are_read_the_same(parser: str) -> None:
    readings = [each for each in recorded() if each.parser == parser and in_a_run(each.calls)]
    expected = [OTHERWISE.get((parser, each.text), in_a_run(each.calls)) for each in readings]
    assert len(readings) >= 8
    assert str([ours(each) for each in readings]) == str(expected)  # as text: NaN is not equal to itself


def test_more_calls_are_read_in_as_many_texts_as_are_known() -> None:
    more = Counter(each.parser for each in recorded() if ours(each) and not in_a_run(each.calls))
    assert more == MORE
