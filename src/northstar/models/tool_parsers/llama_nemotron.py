"""Llama-Nemotron: <TOOLCALL>[{"name": …, "arguments": {…}}, …]</TOOLCALL>, read as NVIDIA's plugin for vLLM does.

Of several blocks the first counts; what is no call in its list is left out.
"""

from __future__ import annotations

from typing import Any

from northstar.models.tool_parsers.json_calls import Broken, call_of, read_objects, skip_space
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_BEGIN, _END = "<TOOLCALL>", "</TOOLCALL>"


def parse(text: str) -> Parsed:
    """Parse the calls; each of the list's brackets is optional, and the closing mark where the text ends."""
    before, mark, block = text.partition(_BEGIN)
    if not mark:
        return Parsed((), text)
    try:
        values, end = _read(block)
        calls = tuple(call for value in values if (call := _call(value)) is not None)
    except Broken:
        return Parsed((), text)
    end = skip_space(block, end)
    if block.startswith("]", end):
        end = skip_space(block, end + 1)
    if not calls or not (end == len(block) or block.startswith(_END, end)):
        return Parsed((), text)
    after = block[end + len(_END) :].partition(_BEGIN)[0]
    return Parsed(calls, f"{before}{after}".strip())


def _read(block: str) -> tuple[list[Any], int]:
    """Return a list's values, also of one that is not closed. Raises Broken."""
    try:
        return read_objects(block, 0)
    except Broken:
        start = skip_space(block, 0)
        if not block.startswith("[", start):
            raise
        return read_objects(block, start + 1)


def _call(value: Any) -> ToolCall | None:
    """Return a call, or None for what is none. Raises Broken for one whose arguments are a text and no object."""
    try:
        return call_of(value)
    except Broken:
        if isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("arguments"), str):
            raise
        return None


PARSER = ToolParser(parse, marks=(_BEGIN, _END))
