"""Mistral: [TOOL_CALLS] and a list [{"name": …, "arguments": {…}}, …]; newer models write [TOOL_CALLS]name[ARGS]{…}."""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import (
    Broken,
    each_call,
    named_call,
    read_arguments_at,
    read_json_at,
    skip_space,
)
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_MARK = "[TOOL_CALLS]"
_NAMED = re.compile(r"\s*([\w.-]{1,256})\s*(?:\[CALL_ID\][\w-]{0,64}\s*)?(?:\[ARGS\]\s*|(?=\{))")
"""No two adjacent runs of white space, which would match a long one in every possible split."""


def parse(text: str) -> Parsed:
    """Parse the calls; text may precede the first mark, but not follow it."""
    at = text.find(_MARK)
    if at < 0:
        return Parsed((), text)
    before, calls = text[:at].strip(), list[ToolCall]()
    try:
        while text.startswith(_MARK, at):
            found, end = _read(text, at + len(_MARK))
            calls += found
            at = skip_space(text, end)
    except Broken:
        return Parsed((), text)
    return Parsed(tuple(calls), before) if at == len(text) and calls else Parsed((), text)


def _read(text: str, at: int) -> tuple[list[ToolCall], int]:
    named = _NAMED.match(text, at)
    if named is None:
        values, end = read_json_at(text, at)
        return list(each_call(values if isinstance(values, list) else [values])), end
    arguments, end = read_arguments_at(text, named.end(), _MARK)
    return [named_call(named[1], arguments)], end


PARSER = ToolParser(parse, special_tokens=True)
