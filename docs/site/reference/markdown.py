"""Markdown of what help texts and docstrings say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"\[/?(?:dim|bold|italic)\]")
_CODE = re.compile(
    r"`[^`\n]+`"  # as it is written
    r"|(?<![\w-])(?:--|\+\+)[a-z][\w.]*(?:=[^\s,;:)]+[^\s,;:).…])?"  # an option or setting, with its value
    r"|\bns [a-z_]+\b(?= (?!is\b|has\b))|\bns [a-z_]+$"
    r"|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b"
    r"|(?<![\w-])[\w-]+\.(?:json|yaml|md|py|html)\b"
)


def prose(text: str) -> str:
    """Return one paragraph of a help text as Markdown: options, settings and names of files become code.

    >>> prose("[dim](default: NORTHSTAR_DATA_DIR)[/dim], see --model=A_B.")
    '(default: `NORTHSTAR_DATA_DIR`), see `--model=A_B`.'
    """
    text = " ".join(_MARKUP.sub("", text).split())
    parts, end = [], 0
    for match in _CODE.finditer(text):
        parts += [_escaped(text[end : match.start()]), f"`{match[0].strip('`')}`"]
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]])", r"\\\1", text)


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar in a cell is escaped."""
    written = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    rows = [list(heads), ["---"] * len(heads), *written]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def block(text: str, language: str = "text") -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def code(value: object) -> str:
    """Return a value as code; nothing where there is none."""
    return f"`{value}`" if f"{value}" else ""
