"""Tells a model's reasoning from its answer; only the answer is graded. Documented in docs/grading.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Parted(NamedTuple):
    """reasoning: None where none was told apart. unfinished: it never ended, so there is no answer."""

    reasoning: str | None
    answer: str
    unfinished: bool = False


class Tag(NamedTuple):
    """What a model's reasoning stands between."""

    begin: str
    end: str


TAGS = (
    Tag("<think>", "</think>"),
    Tag("<thinking>", "</thinking>"),
    Tag("<thought>", "</thought>"),  # EXAONE Deep
    Tag("<seed:think>", "</seed:think>"),  # Seed-OSS
    Tag("[THINK]", "[/THINK]"),  # Magistral
    Tag("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    Tag("◁think▷", "◁/think▷"),  # Kimi-VL
    Tag("<|begin_of_thought|>", "<|end_of_thought|>"),
)
"""Of models whose templates or answers open it. Not gpt-oss's channels: no template of theirs opens one."""


def tags_for(end: str) -> tuple[Tag, ...]:
    """TAGS, and the pair that the run's own end string closes, as far as one can tell what opens it."""
    derived = re.sub(r"^([<\[{])/", r"\1", end)
    return TAGS if derived == end or any(tag.end == end for tag in TAGS) else (Tag(derived, end), *TAGS)


def part_reasoning(
    text: str,
    server_reasoning: str | None,
    *,
    parse: bool | None,
    end: str = "</think>",
    opened: Tag | None = None,
) -> Parted:
    """Split one generation at the last `end`, or by the server's own reasoning field.

    parse=False: everything is the answer (what the server told apart stays apart). parse=True: without `end`, or a
    server's reasoning field, there is no answer. parse=None detects: `end` in the text or the server's field splits; a
    text whose reasoning was opened, by the prompt (`opened`) or by the text's own first tag, and never ends has no
    answer; any other text is an answer.
    """
    if server_reasoning:
        # A server that parses reasoning leaves the content empty when the reasoning never ended.
        return Parted(server_reasoning, text, unfinished=not text.strip())
    if parse is False:
        return Parted(None, text)
    before, found, after = text.rpartition(end)
    if found:
        return Parted(before, after.lstrip())
    if parse:
        return Parted(text, "", unfinished=True)
    if server_reasoning is not None or not text.strip():
        opened = None  # the server found no reasoning, or there is nothing at all
    begins = next((tag for tag in tags_for(end) if text.lstrip().startswith(tag.begin)), opened)
    if begins is None:
        return Parted(None, text)
    before, found, after = text.rpartition(begins.end)
    return Parted(before, after.lstrip()) if found else Parted(text, "", unfinished=True)


SHORTEST_CONTENT = 8
"""Of a message that is looked for in the prompt: a shorter one may stand in what the template adds, too."""


def tag_left_open(prompt: str, messages: Sequence[Mapping[str, Any]], end: str = "</think>") -> Tag | None:
    """The tag inside which a rendered prompt ends: opened behind the last message, and not closed after that.

    What the messages themselves say of tags ("think between <think> and …") opens nothing.
    """
    tags = tags_for(end)
    bare = prompt.rstrip()
    if (last := next((tag for tag in tags if bare.endswith(tag.begin)), None)) is not None:
        return last
    content = messages[-1].get("content") if messages else None
    content = content.strip() if isinstance(content, str) else ""
    added = prompt.rpartition(content)[2] if len(content) >= SHORTEST_CONTENT else prompt
    still_open = [tag for tag in tags if added.rfind(tag.begin) > added.rfind(tag.end)]
    return max(still_open, key=lambda tag: added.rfind(tag.begin), default=None)
