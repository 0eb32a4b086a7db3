"""Extracts the program of a generation."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import takewhile

from northstar.core.records import Generation
from northstar.graders.fences import PROSE, Block, before_marks, between_last_marks, fenced_blocks
from northstar.graders.final_answer import is_unanswered

Likeness = Callable[[str], int]
"""Says how much a code looks like the program that was asked for; 0: not at all."""

_ELIDED = re.compile(
    r"^[ \t]*(?:\.{3}|…|#[ \t]*(?:\.{3}|…)[ \t]*"
    r"(?:\(?(?:as|existing|previous|remaining|rest|same|the|unchanged)\b.*)?)[ \t\r]*$",
    re.MULTILINE,
)
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_DEFINED = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_BOUND = re.compile(r"\b(?:(?:def|class|as)[ \t]+\w+|import\b.*)|^[ \t]*\w+[ \t]*=(?!=)", re.MULTILINE)
_ACTS = re.compile(r"^(?!(?:async|def|class|import|from)\b|[@#)\]}\s]|\Z)", re.MULTILINE)
"""A line at the left margin that does something else than define or import."""
_MORE_THAN_IMPORTS = re.compile(r"^(?!(?:import|from)\b|[#\r\n]|\Z)", re.MULTILINE)
_BEGINS = re.compile(
    r"^(?:import [\w.]+(?: as \w+)?[ \t]*(?:[,;#\r]|$)|from [\w.]+ import\b|(?:async )?def \w+[ \t]*\("
    r"|class \w+[ \t]*[(:]|@\w|#!|[^\W\d]\w* = )",
    re.MULTILINE,
)


def unknown(code: str) -> int:
    """Say nothing: the likeness where it is not known what the program must contain."""
    del code
    return 0


def is_elided(code: str) -> bool:
    """Return whether code leaves something out: a line of nothing but dots, or `# ... same as before`."""
    return _ELIDED.search(code) is not None


def extract_code(
    text: str, likeness: Likeness = unknown, known: Collection[str] = (), *, cut_off: bool = False
) -> str | None:
    r"""Return the program of an answer; None if it has none or a blank one. Takes time linear in the text's length.

    Of its fenced blocks that is the one most like the program; of several the last. It follows blocks that only define
    what it uses and lacks. If no block is like it at all, it is an answer without fences that is, else the last block,
    best one of Python.

    Args:
        known: Names that the program finds defined, so that no other block is needed for them.
        cut_off: The text ends at a limit of tokens: its last block is half a program, if it has no end.

    >>> extract_code("```python\nx = 1\n```\nIt prints:\n```text\n2\n```")
    'x = 1\n'
    """
    blocks = [block for block in fenced_blocks(text) if block.code.strip()]
    likenesses = [likeness(block.code) for block in blocks]
    if cut_off and blocks and not blocks[-1].closed:
        likenesses[-1] = 0
    official = between_last_marks(text)
    like_it = [block for block, like in zip(blocks, likenesses, strict=True) if like]
    if official is not None and official.code.strip() and (_begins(official.code) or not _is_rest(official, like_it)):
        blocks.append(official)
        likenesses.append(likeness(official.code))
    if not any(likenesses):
        bare = _bare_code(before_marks(text))
        return bare if likeness(bare) else _last(blocks)
    order = [(like, not block.is_foreign, block.first) for block, like in zip(blocks, likenesses, strict=True)]
    chosen = blocks[max(range(len(blocks)), key=order.__getitem__)]
    return "\n".join([*_missing(chosen, blocks, known), chosen.code])


def code_of(generation: Generation, likeness: Likeness = unknown, known: Collection[str] = ()) -> str | None:
    """Return the program of an answer; None if it has none, is an error or is incomplete."""
    if is_unanswered(generation):
        return None
    return extract_code(generation.generation, likeness, known, cut_off=generation.finish_reason == "length")


def _begins(code: str) -> bool:
    """Return whether the first line is one of code rather than of the prose that follows a block."""
    return _BEGINS.match(code.lstrip()) is not None


def _is_rest(official: Block, blocks: Sequence[Block]) -> bool:
    """Return whether it begins where one of the blocks ends, or is the end of one that has marks within."""
    return any(
        block.last == official.first or (block.first < official.first and block.last == official.last)
        for block in blocks
    )


def _last(blocks: Sequence[Block]) -> str | None:
    """Return the last block, Python before others, closed before open; None if there is none."""
    order = [(block.is_python - block.is_foreign, block.closed, block.first) for block in blocks]
    last = max(range(len(blocks)), key=order.__getitem__, default=None)
    return None if last is None or not blocks[last].code.strip() else blocks[last].code


def _missing(chosen: Block, blocks: Sequence[Block], known: Collection[str]) -> list[str]:
    """Return the blocks that define or import what the chosen one, or one of them, uses; and do nothing else."""
    definers = {
        name: place
        for place, block in enumerate(blocks)
        if block is not chosen and not block.is_foreign
        for name in _only_defined(block.code)
    }
    bound = {name for each in _BOUND.findall(chosen.code) for name in _NAME.findall(each)}.union(known)
    found: set[int] = set()
    waiting = [chosen.code]
    while waiting:
        for name in set(_NAME.findall(waiting.pop())):
            place = definers.get(name)
            if place is not None and place not in found and name not in bound:
                found.add(place)
                waiting.append(blocks[place].code)
    return [blocks[place].code for place in sorted(found)]


def _only_defined(code: str) -> Iterable[str]:
    """Return the names that a code defines or imports; none if it does anything else."""
    if not _MORE_THAN_IMPORTS.search(code):
        return set(_NAME.findall(code)).difference(("import", "from", "as"))
    return () if _ACTS.search(code) else _DEFINED.findall(code)


def _bare_code(text: str) -> str:
    """Return what looks like code in a text without fences: from the first line of code to the next one of prose."""
    begin = _BEGINS.search(text)
    lines = text[begin.start() :].split("\n") if begin else []
    inside = False
    """Inside of a text of several lines, which may hold prose."""

    def is_code(line: str) -> bool:
        nonlocal inside
        was_inside = inside
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        return was_inside or not PROSE.match(line)

    return "".join(f"{line}\n" for line in takewhile(is_code, lines))
