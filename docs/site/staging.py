"""Gathers the pages of the site in one folder: those of the repository, with links that fit, and generated ones."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.site.navigation import OUTSIDE, ROOT, below, page_of
from docs.site.reference import generated_pages

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_MARK = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)


def stage(folder: Path) -> None:
    """Fill an empty folder with the sources of the site. Raises ValueError for a link that leads nowhere."""
    pages = generated_pages()
    for file in markdown_files():
        if (page := page_of(file)) is not None:
            text = _MARK.sub("", (ROOT / file).read_text())
            pages[page] = outside_code(text, lambda line, file=file: with_links(line, file))  # type: ignore[misc]
    pages["index.md"] = pages["index.md"].replace("**Reference**", "**[Reference](reference/index.md)**")  # made here
    for index, children in below(pages).items():
        pages[index] = f"{pages[index].rstrip()}\n\n{_contents(index, children)}"
    for page, text in pages.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text(text)
    shutil.copytree(ROOT / "docs" / "images", folder / "images")


def markdown_files() -> list[str]:
    """List the Markdown files of docs/ and those of OUTSIDE, by their path in the repository."""
    found = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md"))
    return [*found, *OUTSIDE]


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change the lines of a Markdown text that stand in no fenced block."""
    return "".join(line if in_code else change(line) for line, in_code in lines_of(text))


def lines_of(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of a Markdown text, and whether it belongs to a fenced block."""
    fence = ""
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line)
        if fence:
            yield line, True
            if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            fence = match[1] if match else ""
            yield line, bool(fence)


def with_links(line: str, file: str) -> str:
    """Return a line of a file with its relative links as the site has them.

    A link to a page becomes one to its place on the site; one to another file of the repository becomes its text.
    """

    def change(match: re.Match[str]) -> str:
        text, target = match.groups()
        path, hash_, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return match[0]
        meant = os.path.normpath(f"{Path(file).parent}/{path}")
        if (page := page_of(meant)) is not None:
            here = page_of(file)
            assert here is not None
            return f"[{text}]({os.path.relpath(page, Path(here).parent)}{hash_}{anchor})"
        if meant.startswith("docs/images/"):
            here = page_of(file)
            assert here is not None
            return f"[{text}]({os.path.relpath(meant.removeprefix('docs/'), Path(here).parent)})"
        if not (ROOT / meant).exists():
            raise ValueError(f"{file}: the link to {target} leads nowhere")
        return text

    return _LINK.sub(change, line)


def _contents(index: str, children: list[str]) -> str:
    """The table of contents of an index page, which the site shows beside each page."""
    names = "\n".join(os.path.relpath(page, Path(index).parent).removesuffix(".md") for page in children)
    return f"```{{toctree}}\n:hidden:\n:maxdepth: 2\n\n{names}\n```\n"
