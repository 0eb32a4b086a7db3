"""The pages as GitHub shows them: each relative link leads to a file, and each anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.site.navigation import ROOT
from docs.site.staging import lines_of

from tests.docs.blocks import pages

_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


def dead_links(file: Path) -> list[str]:
    """List the relative links of a page that lead nowhere."""
    text = "".join(line for line, in_code in lines_of(file.read_text()) if not in_code)
    found = []
    for target in _LINK.findall(_CODE.sub("``", text)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        meant = file.parent / path if path else file
        if not meant.exists() or (anchor and anchor not in anchors(meant)):
            found.append(target)
    return found


def anchors(file: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page.

    >>> sorted(anchors(ROOT / "docs" / "explanation" / "one-queue.md"))
    ['one-queue']
    """
    headings = [line for line, in_code in lines_of(file.read_text()) if not in_code and re.match(r"#{1,6} ", line)]
    found: set[str] = set()
    for heading in headings:
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.lstrip("# ").strip().lower())
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 1
        while (slug if number == 1 else f"{slug}-{number - 1}") in found:
            number += 1
        found.add(slug if number == 1 else f"{slug}-{number - 1}")
    return found


@pytest.mark.parametrize("file", [*pages(), "CHANGELOG.md", "src/northstar/sandbox/inside/README.md"])
def test_each_link_leads_somewhere(file: str) -> None:
    assert dead_links(ROOT / file) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title, here\n[a](#a-title-here) [b](#gone) [c](page.md#a-title-here) [d](none.md) `x](y)`\n")
    assert dead_links(page) == ["#gone", "none.md"]
