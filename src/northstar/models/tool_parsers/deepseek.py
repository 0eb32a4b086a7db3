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
_WHOLE = re.compile(r"[^\n]*<｜tool▁sep｜>[^\n]*(?:\n```json\n[^\n]*\n```)?")
_AROUND = re.compile(r"<｜tool▁(?:calls|outputs)▁(?:begin|end)｜>")


def parse(text: str) -> Parsed:
    """Parse the calls; the marks around all of them are optional.

    A call that is cut off, or not of the form, is left out; none is read if one of the form has malformed arguments.
    """
    before, *blocks = text.split(_BEGIN)
    calls, outside = list[ToolCall](), [before]
    for block in blocks:
        try:
            call, end = _read(block)
            calls.append(call)
            outside.append(block[end:])
        except Broken:
            content, closed, after = block.partition(_END)
            if closed and _WHOLE.fullmatch(content):
                return Parsed((), text)
            outside.append(after)
    return Parsed(tuple(calls), _AROUND.sub("", "".join(outside)).strip()) if calls else Parsed((), text)


def _read(block: str) -> tuple[ToolCall, int]:
    """Return a call and the place after its closing mark, which may be missing. Raises Broken."""
    fenced = _FENCED.match(block)
    head = fenced or _PLAIN.match(block)
    if head is None:
        raise Broken
    arguments, end = read_arguments_at(block, head.end(), "```" if fenced is not None else _END)
    if fenced is not None and (fence := _FENCE.match(block, end)) is not None:
        end = fence.end()
    end = skip_space(block, end)
    if end < len(block) and not block.startswith((_END, "<｜tool▁calls▁end｜>"), end):
        raise Broken
    return named_call(head[1].strip(), arguments), end + (len(_END) if block.startswith(_END, end) else 0)


_MARKS = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", _BEGIN, _END, "<｜tool▁sep｜>")
PARSER = ToolParser(parse, marks=_MARKS)
