"""Tells a model's reasoning from its answer; only the answer is graded. Documented in docs/grading.md."""

from __future__ import annotations

import re
from typing import NamedTuple


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
    server's reasoning field, there is no answer; an empty text holds no reasoning. parse=None detects: `end` in the
    text or the server's field splits; a text whose reasoning was opened, by the prompt (`opened`) or by the text's own
    first tag, and never ends has no answer; any other text is an answer.
    """
    if server_reasoning:
        # A server that parses reasoning leaves the content empty when the reasoning never ended.
        return Parted(server_reasoning, text, unfinished=not text.strip())
    if parse is False:
        return Parted(None, text)
    before, found, after = text.rpartition(end)
    if found:
        return Parted(before, after.lstrip())
    if not text.strip():
        return Parted(None, text)
    if parse:
        return Parted(text, "", unfinished=True)
    if server_reasoning is not None:
        opened = None  # the server found no reasoning
    begins = next((tag for tag in tags_for(end) if text.lstrip().startswith(tag.begin)), opened)
    if begins is None:
        return Parted(None, text)
    before, found, after = text.rpartition(begins.end)
    return Parted(before, after.lstrip()) if found else Parted(text, "", unfinished=True)


def ends_unopened(reasoning: str | None, end: str = "</think>") -> bool:
    """Whether a reasoning that was parted from its answer begins with none of the tags."""
    return reasoning is not None and not reasoning.lstrip().startswith(tuple(tag.begin for tag in tags_for(end)))


def tag_left_open(prompt: str, end: str = "</think>", *, before: str | None = None, said: str = "") -> Tag | None:
    """The tag inside which a rendered prompt ends.

    before: the same without what the template writes for an answer to begin after: only what that adds counts, never
    what messages say of tags ("think between <think> and …"). Where it adds nothing, or that isn't known, the prompt's
    very end counts alone, unless it is that of the last message (`said`).
    """
    tags = tags_for(end)
    known = None if before is None else before.rstrip()
    if known is not None and prompt.startswith(known) and (added := prompt[len(known) :]).strip():
        still_open = [tag for tag in tags if added.rfind(tag.begin) > added.rfind(tag.end)]
        return max(still_open, key=lambda tag: added.rfind(tag.begin), default=None)
    bare, said = prompt.rstrip(), said.rstrip()
    last = next((tag for tag in tags if bare.endswith(tag.begin)), None)
    return None if last is None or (said.endswith(last.begin) and bare.endswith(said)) else last
