"""Every benchmark says where its rows are from, under which licence, and whom to cite; its page says the same."""

from __future__ import annotations

import re

import pytest

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.data.source import UNPINNED, HubFile, HubFiles, hub_files
from northstar.task.benchmark import FAMILIES
from tests.benchmarks.pages import OFFICIAL, listed, page_of, read_table, stated

NAMES = benchmark_names()


@pytest.mark.parametrize("name", NAMES)
def test_its_rows_are_pinned_or_recorded(name: str) -> None:
    for source in find_benchmark(name).splits.named.values():
        for file in hub_files(source) if isinstance(source, HubFile | HubFiles) else ():
            assert file.is_pinned or file.revision == UNPINNED
            assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)


@pytest.mark.parametrize("name", NAMES)
def test_it_names_family_licence_and_authors(name: str) -> None:
    benchmark = find_benchmark(name)
    assert benchmark.family in FAMILIES
    assert benchmark.licence
    assert benchmark.citation


@pytest.mark.parametrize("name", NAMES)
def test_its_page_says_what_its_file_says(name: str) -> None:
    table = read_table(page_of(name).read_text())
    assert {key: table.get(key) for key in stated(find_benchmark(name))} == stated(find_benchmark(name))


@pytest.mark.parametrize("name", NAMES)
def test_its_page_says_which_official_verdicts_its_grader_was_compared_with(name: str) -> None:
    assert read_table(page_of(name).read_text()).get(OFFICIAL)


@pytest.mark.parametrize("name", NAMES)
def test_its_page_explains_rows_prompt_grading_numbers_and_pitfalls(name: str) -> None:
    headings = re.findall(r"^## (.*)$", page_of(name).read_text(), re.MULTILINE)
    assert headings == ["Rows", "Prompt", "Grading and metric", "Published numbers", "Pitfalls"]


def test_there_is_no_page_without_its_benchmark() -> None:
    pages = {path.stem for path in page_of("any").parent.glob("*.md")}
    assert sorted(pages - {*NAMES, "README"}) == []


def test_the_list_of_all_pages_is_as_their_files_say() -> None:
    assert page_of("README").read_text() == listed(), "write it anew: python -m tests.benchmarks.pages"
