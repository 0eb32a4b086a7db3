"""Llama 3: {"name": …, "parameters": {…}}, alone or within other text, several one after the other."""

from __future__ import annotations

from northstar.models.tool_parsers.json_calls import (
    Broken,
    beside,
    call_of,
    each_call,
    read_json_at,
    read_objects,
    skip_space,
)
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_TAG = "<|python_tag|>"


def parse(text: str) -> Parsed:
    """Parse the calls: each object of the text is one, or none is."""
    if '"name"' not in text:
        return Parsed((), text)
    try:
        return _within_text(text)
    except Broken:
        pass
    try:
        return _alone(text)
    except Broken:
        return Parsed((), text)


def _within_text(text: str) -> Parsed:
    """Parse objects with a name and arguments, whatever stands around them.

    Any other brace is malformed, but for a stray one right behind an object, as vLLM has it.
    """
    calls, around, at, after = list[ToolCall](), list[str](), 0, -1
    while (start := text.find("{", max(at, after))) >= 0:
        try:
            value, end = read_json_at(text, start)
        except Broken:
            if start != at or not calls or after > at:
                raise
            after = at + 1
            continue
        if "arguments" not in value and "parameters" not in value:
            raise Broken
        calls.append(call_of(value))
        around.append(text[at:start])
        at = end
    if not calls:
        raise Broken
    return Parsed(tuple(calls), beside([*around, text[at:]]))


def _alone(text: str) -> Parsed:
    """Parse objects of which some have no arguments; only text before a <|python_tag|> may accompany them."""
    before, tag, after = text.partition(_TAG)
    body = (after if tag else text).strip()
    if (tag and "{" in before) or not body.startswith(("{", "[")):
        raise Broken
    values, end = read_objects(body, 0, separators=";,")
    calls = tuple(each_call(values))
    if skip_space(body, end) != len(body) or not calls:
        raise Broken
    return Parsed(calls, before.strip() if tag else "")


PARSER = ToolParser(parse)
