"""DeepSeek V3 and R1: each call between <｜tool▁call▁begin｜> and <｜tool▁call▁end｜>, all between further marks.

A call is `function<｜tool▁sep｜>name` with its arguments in a fenced JSON block; V3.1 writes `name<｜tool▁sep｜>{…}`.
"""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import Broken, marked_calls, named_call, read_arguments_at
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_END = "<｜tool▁call▁end｜>"
_FENCED = re.compile(r"\s*function\s*<｜tool▁sep｜>\s*([^\s<>`{}]{1,256})\s*```(?:json)?")
_PLAIN = re.compile(r"\s*([^\s<>`{}]{1,256})\s*<｜tool▁sep｜>")
_FENCE = re.compile(r"\s*```")
_AROUND = re.compile(r"<｜tool▁(?:calls|outputs)▁(?:begin|end)｜>")


def parse(text: str) -> Parsed:
    """Parse the calls; the marks around all of them are optional."""
    parsed = marked_calls(text, "<｜tool▁call▁begin｜>", _END, _read)
    return Parsed(parsed.calls, _AROUND.sub("", parsed.text).strip()) if parsed.calls else parsed


def _read(text: str, at: int) -> tuple[list[ToolCall], int]:
    fenced = _FENCED.match(text, at)
    head = fenced or _PLAIN.match(text, at)
    if head is None:
        raise Broken
    arguments, end = read_arguments_at(text, head.end(), "```" if fenced is not None else _END)
    if fenced is not None and (fence := _FENCE.match(text, end)) is not None:
        end = fence.end()
    return [named_call(head[1], arguments)], end


PARSER = ToolParser(parse)
