"""Which page stands where on the site. A page of docs/ that is not named here follows the how-to pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

OUTSIDE = {
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "explanation/security.md",
    "CHANGELOG.md": "project/changes.md",
    "bench/README.md": "project/speed.md",
    "src/northstar/sandbox/inside/README.md": "project/inside-the-sandbox.md",
}
"""Pages that lie outside docs/: their place in the repository → on the site."""


@dataclass(frozen=True)
class Section:
    """A part of the site.

    Attributes:
        index: Its first page.
        pages: The pages below it, in order; `*` stands for those of its folder that are not named.
        rest: Whether pages that no section names follow here.
    """

    index: str
    pages: tuple[str, ...]
    rest: bool = False


SECTIONS = (
    Section("start.md", ()),
    Section(
        "tutorials/index.md",
        (
            *("tutorials/reproduce.md", "tutorials/endpoint.md", "tutorials/benchmark.md", "tutorials/slurm.md"),
            *("tutorials/compare.md", "tutorials/grade.md", "tutorials/*"),
        ),
    ),
    Section(
        "how-to/index.md",
        (
            *(
                "how-to/gated.md",
                "how-to/programs.md",
                "how-to/judges.md",
                "how-to/reasoning.md",
                "how-to/terminals.md",
            ),
            *("how-to/offline.md", "how-to/*", "groups.md", "prompts.md", "servers.md", "judging.md"),
            *("tool_calling.md", "sandbox.md", "importing.md", "clusters.md", "watching.md", "viewing.md"),
            *("reproducing.md", "regrading.md", "reports.md", "exporting.md"),
        ),
        rest=True,
    ),
    Section(
        "reference/index.md",
        (
            *("reference/commands/index.md", "reference/settings.md", "reference/python.md", "reference/benchmark.md"),
            *("records.md", "reference/fields.md", "grading.md", "reference/exit-codes.md", "reference/environment.md"),
        ),
    ),
    Section(
        "explanation/index.md",
        (
            *("explanation/one-queue.md", "explanation/journal.md", "statistics.md", "fidelity.md"),
            *("explanation/security.md", "scaling.md", "explanation/*"),
        ),
    ),
    Section("benchmarks/index.md", ("benchmarks/*",)),
    Section(
        "project/index.md",
        ("project/contributing.md", "project/speed.md", "project/inside-the-sandbox.md", "project/changes.md"),
    ),
)


def page_of(file: str) -> str | None:
    """Return the place on the site of a Markdown file of the repository; None where the site doesn't have it.

    >>> page_of("docs/benchmarks/README.md"), page_of("docs/servers.md"), page_of("README.md")
    ('benchmarks/index.md', 'servers.md', None)
    """
    if file in OUTSIDE:
        return OUTSIDE[file]
    if not file.startswith("docs/") or not file.endswith(".md"):
        return None
    return file.removeprefix("docs/").replace("README.md", "index.md")


def below(pages: Iterable[str]) -> Mapping[str, list[str]]:
    """Return the pages below each index page, the home page included, each page exactly once.

    Args:
        pages: All pages of the site.

    Raises:
        ValueError: A section names a page that does not exist.
    """
    known = sorted(pages)
    named = {page for section in SECTIONS for page in (section.index, *section.pages) if "*" not in page}
    inner = {page for page in known if page.count("/") > 1}
    free = [page for page in known if page not in named | inner | {"index.md"}]
    if missing := sorted(named - set(known)):
        raise ValueError(f"docs/site/navigation.py names pages that do not exist: {', '.join(missing)}")
    tree: dict[str, list[str]] = {"index.md": [section.index for section in SECTIONS]}
    for section in SECTIONS:
        tree[section.index] = [each for page in section.pages for each in _matching(page, free)]
    for section in SECTIONS:
        if section.rest:
            tree[section.index] += free
    for folder in sorted({page.rsplit("/", 1)[0] for page in inner}):
        tree[f"{folder}/index.md"] = [page for page in known if page.rsplit("/", 1)[0] == folder][:]
        tree[f"{folder}/index.md"].remove(f"{folder}/index.md")
    return tree


def _matching(page: str, free: list[str]) -> list[str]:
    """The page itself, or for FOLDER/* those of the free ones that lie in it, which then are free no more."""
    if not page.endswith("/*"):
        return [page]
    found = [each for each in free if each.startswith(page[:-1])]
    free[:] = [each for each in free if each not in found]
    return found
