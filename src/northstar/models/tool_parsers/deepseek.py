"""DeepSeek V3 and R1: each call between <｜tool▁call▁begin｜> and <｜tool▁call▁end｜>, all between further marks.

A call is `function<｜tool▁sep｜>name` with its arguments in a fenced JSON block; V3.1 writes `name<｜tool▁sep｜>{…}`.
"""

from __future__ import annotations

import re

from northstar.models.tool_parsers.json_calls import Broken, named_call, read_arguments_at, skip_space
from northstar.models.tool_parsers.parser import Parsed, ToolCall, ToolParser

_BEGIN, _END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
_FENCED = re.compile(r"\s*+function\s*+<｜tool▁sep｜>\s*+([^\n<>`{}]{0,256}+)\s*+```(?:json)?")
_PLAIN = re.compile(r"\s*+([^\n<>`{}]{0,256}+)\s*+<｜tool▁sep｜>")
_FENCE = re.compile(r"\s*+```")
_AROUND = re.compile(r"<｜tool▁(?:calls|outputs)▁(?:begin|end)｜>")


def parse(text: str) -> Parsed:
    """Parse the calls; the marks around all of them are optional. One that is cut off, or has no name, is left out."""
    calls, outside, at, last_end = list[ToolCall](), list[str](), 0, text.rfind(_END)
    while (start := text.find(_BEGIN, at)) >= 0:
        outside.append(text[at:start])
        at = start + len(_BEGIN)
        closed = at <= last_end
        head = _FENCED.match(text, at) or _PLAIN.match(text, at)
        if head is not None:
            try:
                call, at = _read(text, head)
                calls.append(call)
            except Broken:
                if closed:
                    return Parsed((), text)
                at = len(text)
        if head is None:
            at = text.find(_END, at) if closed else len(text)
        at += len(_END) if text.startswith(_END, at) else 0
    outside.append(text[at:])
    return Parsed(tuple(calls), _AROUND.sub("", "".join(outside)).strip()) if calls else Parsed((), text)


def _read(text: str, head: re.Match[str]) -> tuple[ToolCall, int]:
    """Return a call and the place of its closing mark, or the text's end. Raises Broken."""
    fenced = head.re is _FENCED
    arguments, end = read_arguments_at(text, head.end(), "```" if fenced else _END)
    if fenced and (fence := _FENCE.match(text, end)) is not None:
        end = fence.end()
    end = skip_space(text, end)
    if end < len(text) and not text.startswith((_END, "<｜tool▁calls▁end｜>"), end):
        raise Broken
    return named_call(head[1].strip(), arguments), end


_MARKS = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", _BEGIN, _END, "<｜tool▁sep｜>")
PARSER = ToolParser(parse, marks=_MARKS)
