"""Finds the fenced blocks of a text, as a person sees them rather than as Markdown is specified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

_PYTHON = re.compile(r"i?py(?:thon)?[\d.]*")
_OTHERS = """
    text txt plaintext plain output out console terminal stdout stdin stderr input log logs result results error
    traceback example pycon doctest bash shell sh zsh bat cmd powershell ps1 json jsonl yaml yml toml ini xml html css
    csv tsv diff patch latex tex math markdown md mermaid dot sql dockerfile makefile cmake pseudocode pseudo algorithm
    c h cpp c++ cc cxx c# cs csharp java javascript js jsx typescript ts tsx go golang rust rs kotlin kt swift ruby rb
    php perl r julia matlab octave scala haskell hs fortran f90 lua dart elixir pascal ocaml lisp
"""
_FOREIGN = frozenset(_OTHERS.split())
_MARKDOWN = ("markdown", "md")
PROSE = re.compile(r"[A-Z][a-z']* [a-z]+\b|\*\*|[-*] |\d+[.)] ")
"""The beginning of a line at the left margin that is no code."""
_WORD = re.compile(r"[\w.+#-]*\w")
_LIKE_CODE = re.compile(r"(?:import|from|def|class)\s+\w|@\w|#")
_LARGEST_SHIFT = 3
"""Columns by which a fence that closes may be further right than the one that opened, as in Markdown."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: The first word after the opening marks, in lower case; '' if there is none.
        code: The content, without the indentation of its first line of code.
        first, last: The numbers of the lines with its fences, from 0; `last` is where it breaks off if not closed.
        closed: It ends at a fence of its own.
    """

    language: str
    code: str
    first: int
    last: int
    closed: bool

    @property
    def is_python(self) -> bool:
        return _PYTHON.fullmatch(self.language) is not None

    @property
    def is_foreign(self) -> bool:
        """Whether it says that it is something else than Python."""
        return self.language in _FOREIGN


class _Marks(NamedTuple):
    """Marks of a fence in a line. before: what stands before them; info: what stands after them."""

    number: int
    column: int
    kind: str
    length: int
    before: str
    info: str

    @property
    def opens(self) -> bool:
        if self.kind == "`" and "`" in self.info:
            return False
        return not self.before or not self.info or _is_language(_language(self.info))

    @property
    def opens_anew(self) -> bool:
        """Whether it opens a block where one is open: a draft that was abandoned. Programs have no such lines."""
        if not self.info or not self.opens:
            return False
        return _is_language(_language(self.info)) or (not self.before and _WORD.fullmatch(self.info) is not None)

    def closes(self, opened: _Marks) -> bool:
        return not self.is_within(opened) and not (self.before and self.info)

    def is_within(self, opened: _Marks) -> bool:
        """Whether they belong to an example in the docstring of a program: further right, alone or after `Usage: `."""
        start = len(self.before) - len(self.before.lstrip()) if self.before else self.column
        return start > opened.column + _LARGEST_SHIFT and (not self.before or self.before.rstrip().endswith(":"))


def fenced_blocks(text: str) -> list[Block]:
    r"""Return the blocks of a text in order, also those without an end; in time linear in its length.

    A block ends at the same marks, at least as many; after code in the last line, too. It is broken off where marks
    with a language open the next one, or at the end of the text. A block of Markdown stands for the blocks in it.

    >>> [block.code for block in fenced_blocks("Here: ```py\nf(1)\n```\n~~~text\n1\n~~~")]
    ['f(1)\n', '1\n']
    """
    found: list[Block] = []
    for block in _scanned(text):
        inner = list(_scanned(block.code)) if block.language in _MARKDOWN else []
        found.extend(replace(each, first=block.first, last=block.last) for each in inner)
        if not inner:
            found.append(block)
    return found


def between_last_marks(text: str) -> Block | None:
    """Return what is between the last two lines that contain ```, the program in LiveCodeBench's own reading."""
    lines = text.split("\n")
    marked = [number for number, line in enumerate(lines) if "```" in line][-2:]
    if len(marked) < 2:
        return None
    first, last = marked
    language = _language(lines[first].rpartition("```")[2])
    return Block(language, "".join(f"{line}\n" for line in lines[first + 1 : last]), first, last, closed=True)


def before_marks(text: str) -> str:
    """Return the text up to the first line that contains marks of a fence."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _marks(number, line)), len(lines))
    return "\n".join(lines[:first])


def _scanned(text: str) -> Iterator[Block]:
    lines = text.split("\n")
    opened: _Marks | None = None
    inner: int | None = None
    """The first line with marks that close no such block: where it ends if nothing else closes it."""
    for number, line in enumerate(lines):
        marks = _marks(number, line)
        if marks is None:
            continue
        if opened is None:
            opened, inner = (marks if marks.opens else None), None
        elif (
            marks.opens_anew
            and not marks.is_within(opened)
            and (marks.kind != opened.kind or marks.length >= opened.length)
        ):
            yield _block(lines, opened, number if inner is None else inner)
            opened, inner = marks, None
        elif marks.kind != opened.kind or marks.length < opened.length:
            inner = number if inner is None and not marks.before and not marks.info else inner
        elif marks.closes(opened):
            yield _block(lines, opened, number, marks)
            opened = None
        elif not marks.before:
            inner = number if inner is None else inner
    if opened is not None:
        end = len(lines) if lines[-1] else len(lines) - 1
        yield _block(lines, opened, end if inner is None else inner)


def _block(lines: list[str], opened: _Marks, last: int, closing: _Marks | None = None) -> Block:
    content = lines[opened.number + 1 : last]
    _, _, rest = opened.info.partition(" ")
    if _LIKE_CODE.match(rest.lstrip()):
        content.insert(0, rest.lstrip())
    if closing is not None and closing.before and not PROSE.match(closing.before):
        content.append(closing.before)
    return Block(_language(opened.info), _shifted(content), opened.number, last, closing is not None)


def _shifted(lines: list[str]) -> str:
    """Join lines, without the indentation of the first line of code: with it they are no program."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    width = len(first) - len(first.lstrip(" \t"))
    if not width:
        return "".join(f"{line}\n" for line in lines)
    shifts = [min(width, len(line) - len(line.lstrip(" \t"))) for line in lines]
    return "".join(f"{line[shift:]}\n" for line, shift in zip(lines, shifts, strict=True))


def _marks(number: int, line: str) -> _Marks | None:
    content = line.rstrip()
    start = content.lstrip()
    kind = "~" if start.startswith("~~~") else "`"
    column = content.find(kind * 3)
    if column < 0:
        return None
    behind = content[column:].lstrip(kind)
    before = content[:column].strip()
    if before and ("`" in behind or before[-1] in "'\""):
        return None  # code within a line, or marks in a text of a program
    length = len(content) - column - len(behind)
    return _Marks(number, column, kind, length, content[:column] if before else "", behind.strip())


def _language(info: str) -> str:
    words = info.strip().lstrip("{.").replace(",", " ").replace("{", " ").split(maxsplit=1)
    return words[0].rstrip("}:").lower() if words else ""


def _is_language(word: str) -> bool:
    return word in _FOREIGN or _PYTHON.fullmatch(word) is not None
