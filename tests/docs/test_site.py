"""The site is built without a warning, holds every page, has no dead link, and loads nothing from other hosts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from docs.site.build import build
from docs.site.navigation import below, page_of
from docs.site.staging import markdown_files

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}


class _Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADING and LOADING[tag] in given and given.get("rel") not in ("index", "search", "next", "prev"):
            self.loads.append(given[LOADING[tag]])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    return {file.relative_to(site): _Page(file.read_text()) for file in sorted(site.rglob("*.html"))}


def test_each_page_of_the_docs_is_on_the_site(site: Path) -> None:
    places = [page_of(file) for file in markdown_files()]
    assert [place for place in places if place and not (site / place).with_suffix(".html").exists()] == []


def test_no_link_on_the_site_is_dead(pages: dict[Path, _Page], site: Path) -> None:
    dead = [
        f"{file}: {link}"
        for file, page in pages.items()
        for link in page.links
        if not urlsplit(link).scheme and not _leads_somewhere(file, link, pages, site)
    ]
    assert dead == []


def _leads_somewhere(file: Path, link: str, pages: dict[Path, _Page], site: Path) -> bool:
    parts = urlsplit(link)
    target = (site / file).parent / unquote(parts.path) if parts.path else site / file
    if not target.resolve().is_file():
        return False
    page = pages.get(target.resolve().relative_to(site.resolve()))
    return page is None or not parts.fragment or unquote(parts.fragment) in page.anchors


def test_links_to_other_hosts_are_whole_addresses(pages: dict[Path, _Page]) -> None:
    links = {link for page in pages.values() for link in page.links if urlsplit(link).scheme}
    assert [link for link in links if not re.fullmatch(r"https://[\w.-]+\.[a-z]+(/\S*)?", link)] == []


def test_nothing_is_loaded_from_another_host(pages: dict[Path, _Page], site: Path) -> None:
    foreign = [f"{file}: {each}" for file, page in pages.items() for each in page.loads if "//" in each]
    styles = [str(file) for file in site.rglob("*.css") if re.search(r"url\(['\"]?(?:https?:)?//", file.read_text())]
    assert foreign + styles == []


def test_every_command_setting_and_function_has_its_place(site: Path) -> None:
    import northstar
    from northstar.config.overrides import known_keys

    text = (site / "reference" / "settings.html").read_text()
    assert [key for key in known_keys() if f"++{key}" not in text] == []
    text = (site / "reference" / "python.html").read_text()
    assert [
        name for name in northstar.__all__ if f'id="{name.replace("_", "-")}"' not in text and name[0].islower()
    ] == []


def test_a_page_that_nobody_placed_follows_the_how_to_pages() -> None:
    known = {page for section in below(_all()).values() for page in section}
    assert "new.md" in known
    assert "new.md" in below(_all())["how-to/index.md"]


def _all() -> list[str]:
    from docs.site.reference import generated_pages

    return ["index.md", "new.md", *filter(None, map(page_of, markdown_files())), *generated_pages()]


def test_a_dead_link_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from docs.site import build as building

    def stage(folder: Path) -> None:
        (folder / "index.md").write_text("# Home\n\n[gone](#nowhere)\n")

    monkeypatch.setattr(building, "stage", stage)
    assert build(tmp_path / "out", tmp_path) == 1


def test_the_index_of_each_section_links_its_pages() -> None:
    from docs.site.navigation import ROOT

    missing = [
        f"docs/{folder}/README.md: {page.name}"
        for folder in ("tutorials", "how-to", "explanation", "benchmarks")
        for page in (ROOT / "docs" / folder).glob("*.md")
        if page.name != "README.md" and f"]({page.name})" not in (ROOT / "docs" / folder / "README.md").read_text()
    ]
    assert missing == []
