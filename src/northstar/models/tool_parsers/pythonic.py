"""Pythonic: [name(argument=value), …], as Llama 4 and prompts that describe the tools in words ask for."""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import Broken
from northstar.models.tool_parsers.parser import Parsed, ToolParser
from northstar.models.tool_parsers.python_calls import read_calls

_TAGS = re.compile(r"<\|(?:python_(?:start|end|tag)|eot|eom|eot_id|eom_id)\|>")
_FENCED = re.compile(r"```\w*\n(.*)```", re.DOTALL)
_QUOTED = re.compile(r"""(['"])(\[.*\])\1""", re.DOTALL)


def parse(text: str) -> Parsed:
    """Parse a text of calls only, with or without brackets, quotes or a code block. Nothing is evaluated."""
    body = _TAGS.sub("", text).strip()
    if (fenced := _FENCED.fullmatch(body)) is not None:
        body = fenced[1]
    body = body.strip("`\n ")
    if (quoted := _QUOTED.fullmatch(body)) is not None:
        body = quoted[2]
    try:
        return Parsed(tuple(read_calls(body)), "")
    except Broken:
        return Parsed((), text)


PARSER = ToolParser(parse)
