"""Pythonic: [name(argument=value), …], as Llama 4 and prompts that describe the tools in words ask for."""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import Broken, skip_space
from northstar.models.tool_parsers.parser import Parsed, ToolParser
from northstar.models.tool_parsers.python_calls import read_calls

_TAGS = tuple(f"<|{name}|>" for name in ("python_start", "python_end", "python_tag", "eot", "eom", "eot_id", "eom_id"))
_FENCED = re.compile(r"```\w*\n(.*)```", re.DOTALL)
_QUOTED = re.compile(r"""(['"])(\[.*\])\1""", re.DOTALL)


def parse(text: str) -> Parsed:
    """Parse a text of calls only, with or without brackets, quotes or a code block. Nothing is evaluated."""
    body = _without_tags(text)
    if (fenced := _FENCED.fullmatch(body)) is not None:
        body = fenced[1]
    body = body.strip("`\n ")
    if (quoted := _QUOTED.fullmatch(body)) is not None:
        body = quoted[2]
    try:
        return Parsed(tuple(read_calls(body)), "")
    except Broken:
        return Parsed((), text)


def _without_tags(text: str) -> str:
    """Remove special tokens and white space from both ends."""
    start, end = skip_space(text, 0), len(text.rstrip())
    while text.startswith(_TAGS, start, end):
        start = skip_space(text, text.index(">", start) + 1)
    while text.endswith(_TAGS, start, end):
        end = text.rindex("<|", start, end)
        while end > start and text[end - 1].isspace():
            end -= 1
    return text[start:end]


PARSER = ToolParser(parse)
