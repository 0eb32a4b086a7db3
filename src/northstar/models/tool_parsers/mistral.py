"""Mistral: [TOOL_CALLS] and a list [{"name": …, "arguments": {…}}, …]; newer models write [TOOL_CALLS]name[ARGS]{…}."""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import (
    Broken,
    beside,
    call_of,
    named_call,
    read_arguments_at,
    read_json_at,
    read_json_whole,
    skip_space,
)
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_MARK = "[TOOL_CALLS]"
_NAME = r"""\s*+([^\s\[\]{}"'`<>,;]{1,256}+)(?<=\w)\s*+"""
_NAMED = re.compile(_NAME + r"(?:\[CALL_ID\][\w-]{0,64}+\s*+)?+(?:\[ARGS\]|(?=\{))")
_ONLY_NAMED = re.compile(r"(?!\s*+(?:null|true|false|[-\d]))" + _NAME + r"(?:\Z|(?=\[TOOL_CALLS\]))")
"""No run of white space can be split in two ways, which would take quadratic time."""


def parse(text: str) -> Parsed:
    """Parse what follows each mark; text before the first one and behind the calls may be anything.

    A list ends it: what follows a further mark is not read, as vLLM has it.
    """
    start = text.find(_MARK)
    calls, around, at, more = list[ToolCall](), [text[: max(start, 0)]], start, True
    try:
        while at >= 0 and more:
            at = skip_space(text, at + len(_MARK))
            if at < len(text) and not text.startswith(_MARK, at):
                found, at = _named(text, at)
                if not found:
                    found, at = _listed(text, at)
                    more = False
                calls += found
            after = text.find(_MARK, at)
            around.append(text[at : after if after >= 0 else len(text)])
            at = after
    except Broken:
        return Parsed((), text)
    return Parsed(tuple(calls), beside(around)) if calls else Parsed((), text)


def _named(text: str, at: int) -> tuple[list[ToolCall], int]:
    """Parse name[ARGS]{…}, or name{…}, or a name alone; nothing else is of this form. Raises Broken."""
    if (named := _NAMED.match(text, at)) is not None:
        if skip_space(text, named.end()) == len(text):
            return [named_call(named[1], {})], len(text)
        arguments, end = read_arguments_at(text, named.end(), _MARK)
        return [named_call(named[1], arguments)], end
    if (alone := _ONLY_NAMED.match(text, at)) is not None:
        return [named_call(alone[1], {})], alone.end()
    return [], at


def _listed(text: str, at: int) -> tuple[list[ToolCall], int]:
    """Parse a list of calls, or one; text may stand around a list. Raises Broken."""
    try:
        value, end = read_json_at(text, at)
    except Broken:
        after = text.find(_MARK, at)
        stop = after if after >= 0 else len(text)
        start, last = text.find("[{", at, stop), text.rfind("}]", at, stop)
        if not 0 <= start < last:
            raise
        value, end = read_json_whole(text[start : last + 2]), last + 2
    values = value if isinstance(value, list) else [value]
    named = [each for each in values if isinstance(each, dict) and ("name" in each or "arguments" in each)]
    return [call_of({**each, "name": _text(each.get("name"))}) for each in named], end


def _text(name: object) -> str:
    return name if isinstance(name, str) else ""


PARSER = ToolParser(parse, special_tokens=True, marks=(_MARK, "[ARGS]", "[CALL_ID]"))
