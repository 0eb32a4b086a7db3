"""Tells a model's reasoning from its answer; only the answer is graded. Documented in docs/grading.md."""

from __future__ import annotations

from typing import NamedTuple


class Parted(NamedTuple):
    """reasoning: None where none was told apart. unfinished: it never ended, so there is no answer."""

    reasoning: str | None
    answer: str
    unfinished: bool = False


def part_reasoning(
    text: str, server_reasoning: str | None, *, parse: bool | None, end: str = "</think>", begin: str = "<think>"
) -> Parted:
    """Split one generation at the last `end`, or by the server's own reasoning field.

    parse=False: everything is the answer (what the server told apart stays apart). parse=True: without `end`, or a
    server's reasoning field, there is no answer. parse=None detects: `end` in the text or the server's field splits; a
    text that opens with `begin` and never ends has no answer; any other text is an answer.
    """
    if server_reasoning:
        # A server that parses reasoning leaves the content empty when the reasoning never ended.
        return Parted(server_reasoning, text, unfinished=not text.strip())
    if parse is False:
        return Parted(None, text)
    before, found, after = text.rpartition(end)
    if found:
        return Parted(before, after.lstrip())
    if parse or text.lstrip().startswith(begin):
        return Parted(text, "", unfinished=True)
    return Parted(None, text)
