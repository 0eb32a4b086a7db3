"""Llama 3: the answer is {"name": …, "parameters": {…}}, several parted by ; or , or in a list."""

from __future__ import annotations

from northstar.models.tool_parsers.json_calls import Broken, each_call, read_objects, skip_space
from northstar.models.tool_parsers.parser import Parsed, ToolParser

_TAG = "<|python_tag|>"


def parse(text: str) -> Parsed:
    """Parse the calls; only text before a <|python_tag|> may accompany them."""
    before, tag, after = text.partition(_TAG)
    body = (after if tag else text).strip()
    if not body.startswith(("{", "[")) or '"name"' not in body:
        return Parsed((), text)
    try:
        values, end = read_objects(body, 0, separators=";,")
        calls = tuple(each_call(values))
    except Broken:
        return Parsed((), text)
    if skip_space(body, end) != len(body) or not calls:
        return Parsed((), text)
    return Parsed(calls, before.strip() if tag else "")


PARSER = ToolParser(parse)
