"""Hermes, Qwen and SmolLM: <tool_call>{"name": …, "arguments": {…}}</tool_call>, once a call, or a list in one."""

from __future__ import annotations

from northstar.models.tool_parsers.json_calls import each_call, marked_calls, read_json_at
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser


def parse(text: str) -> Parsed:
    """Parse the calls between the marks."""
    return marked_calls(text, "<tool_call>", "</tool_call>", _read)


def _read(text: str, at: int) -> tuple[list[ToolCall], int]:
    value, end = read_json_at(text, at)
    return list(each_call(value if isinstance(value, list) else [value])), end


PARSER = ToolParser(parse, marks=("<tool_call>", "</tool_call>"))
