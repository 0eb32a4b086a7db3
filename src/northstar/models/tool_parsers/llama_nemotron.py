"""Llama-Nemotron: <TOOLCALL>[{"name": …, "arguments": {…}}, …]</TOOLCALL>."""

from __future__ import annotations

from northstar.models.tool_parsers.json_calls import each_call, marked_calls, read_objects
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser


def parse(text: str) -> Parsed:
    """Parse the calls; the list's brackets are optional."""
    return marked_calls(text, "<TOOLCALL>", "</TOOLCALL>", _read)


def _read(text: str, at: int) -> tuple[list[ToolCall], int]:
    values, end = read_objects(text, at)
    return list(each_call(values)), end


PARSER = ToolParser(parse)
