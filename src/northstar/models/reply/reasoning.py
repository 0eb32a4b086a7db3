"""Separates a model's reasoning from its answer; only the answer is graded. Documented in docs/grading.md."""

from __future__ import annotations

import re
from typing import NamedTuple


class Parted(NamedTuple):
    """A separated generation; `reasoning` is None if there is none, `unfinished` if it never ended."""

    reasoning: str | None
    answer: str
    unfinished: bool = False


class Tag(NamedTuple):
    """The pair of tags around a model's reasoning."""

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
"""Of models whose templates or answers open the tag. Without gpt-oss's channels, which no template opens."""


def tags_for(end: str) -> tuple[Tag, ...]:
    """Return TAGS, preceded by the pair that the run's own end string closes, if its opening tag can be derived."""
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
    """Split a generation at the last `end`, or by the server's own reasoning field.

    Args:
        text: The generation.
        server_reasoning: The server's reasoning field; None without one.
        parse: False takes everything as the answer, except what the server separated. True means no answer without
            `end` or a server's field (an empty text has no reasoning). None detects: `end` or the server's field
            splits; a text whose reasoning was opened, by the prompt or by its own first tag, and never ends has no
            answer; any other text is an answer.
        end: The tag that ends a reasoning.
        opened: The tag that the prompt left open.

    >>> part_reasoning("<think>2 + 2</think> 4", None, parse=None)
    Parted(reasoning='<think>2 + 2', answer='4', unfinished=False)
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
    """Return whether a separated reasoning begins with none of the tags."""
    return reasoning is not None and not reasoning.lstrip().startswith(tuple(tag.begin for tag in tags_for(end)))


def tag_left_open(
    prompt: str, end: str = "</think>", *, before: str | None = None, last_message: str = ""
) -> Tag | None:
    """Return the tag that a rendered prompt leaves open.

    Args:
        prompt: The rendered prompt.
        end: The run's end string.
        before: The prompt without the part that starts the answer. Only that part counts, not tags that messages
            mention ("think between <think> and …"). If it is empty or unknown, only the prompt's very end counts,
            unless that is the end of the last message.
        last_message: The text of the last message.
    """
    tags = tags_for(end)
    known = None if before is None else before.rstrip()
    if known is not None and prompt.startswith(known) and (added := prompt[len(known) :]).strip():
        still_open = [tag for tag in tags if added.rfind(tag.begin) > added.rfind(tag.end)]
        return max(still_open, key=lambda tag: added.rfind(tag.begin), default=None)
    bare, last_message = prompt.rstrip(), last_message.rstrip()
    last = next((tag for tag in tags if bare.endswith(tag.begin)), None)
    return None if last is None or (last_message.endswith(last.begin) and bare.endswith(last_message)) else last
