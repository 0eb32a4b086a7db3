"""The fenced blocks of the pages, and what a mark before one says: `<!-- session: --right=0.6 -->`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.site.navigation import ROOT

_BLOCK = re.compile(
    r"(?:^[ ]*<!-- (?P<mark>[a-z]+)(?:: (?P<said>[^\n]*?))? -->\n)?"
    r"^(?P<indent>[ ]*)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        file: The page, by its path in the repository.
        line: The number of its first line.
        mark: The word of the mark before it: session, file, runs, or '' without one.
        said: What the mark says besides.
        start, end: Where its text stands in the page.
    """

    file: str
    line: int
    language: str
    text: str
    mark: str
    said: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def pages() -> list[str]:
    """List the Markdown files that a reader may see."""
    found = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md"))
    return ["README.md", "CONTRIBUTING.md", "SECURITY.md", "bench/README.md", *found]


def blocks_of(file: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = (ROOT / file).read_text()
    for match in _BLOCK.finditer(text):
        yield Block(
            file,
            text.count("\n", 0, match.start("text")) + 1,
            match["language"].strip(),
            match["text"],
            match["mark"] or "",
            match["said"] or "",
            *match.span("text"),
        )


def all_blocks() -> list[Block]:
    """List the blocks of all pages."""
    return [block for file in pages() for block in blocks_of(file)]


def commands_in(block: Block) -> list[str]:
    """List the lines of shell of a block, continued lines joined: of a session those behind `$ `, else all."""
    text = block.text.replace("\\\n", " ")
    if block.language in ("console", "session") or re.search(r"^\s*\$ ", text, re.MULTILINE):
        return re.findall(r"^\s*\$ (.*)$", text, re.MULTILINE)
    return [] if block.language not in ("", "bash", "sh", "shell") else text.splitlines()


def text_of(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", path.read_text())
