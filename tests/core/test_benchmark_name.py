"""One grammar of names: what is written is read back, and nothing else is a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.core.benchmark_name import BenchmarkName, is_choice, parsed_name

WORDS = st.from_regex(r"[^\s/,:@+.]{1,12}", fullmatch=True)
DOTTED = st.lists(WORDS, min_size=1, max_size=3).map(".".join)
NAMES = st.builds(
    BenchmarkName,
    benchmark=WORDS,
    choice=st.just("") | DOTTED,
    tools=st.lists(WORDS, max_size=2).map(tuple),
    origin=st.just("") | DOTTED,
)


@given(NAMES)
def test_a_name_that_is_written_is_read_back(name: BenchmarkName) -> None:
    assert parsed_name(str(name)) == name


@given(st.text())
def test_a_text_that_is_a_name_is_written_as_it_was(text: str) -> None:
    parsed = parsed_name(text)
    assert parsed is None or str(parsed) == text


@given(NAMES)
def test_a_name_is_one_folder(name: BenchmarkName) -> None:
    assert "/" not in str(name)
    assert str(name) not in (".", "..")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("aime24", BenchmarkName("aime24")),
        ("livecodebench.test_v5_2407_2412", BenchmarkName("livecodebench", "test_v5_2407_2412")),
        ("mine.v1.2", BenchmarkName("mine", "v1.2")),
        ("aime24+python", BenchmarkName("aime24", tools=("python",))),
        ("gpqa.main+python@other-lab", BenchmarkName("gpqa", "main", ("python",), "other-lab")),
    ],
)
def test_a_name_says_benchmark_choice_tools_and_origin(text: str, name: BenchmarkName) -> None:
    assert parsed_name(text) == name


@pytest.mark.parametrize("text", ["", ".", "..", "../x", "a/b", "a,b", "a:4", "a b", "a.", ".a", "a+", "a@", "a@b@c"])
def test_a_text_that_no_folder_of_results_is_called_is_no_name(text: str) -> None:
    assert parsed_name(text) is None


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a,b", "a:b", "a@b", "a+b", "a ", ".a", "a."])
def test_a_split_that_would_be_read_otherwise_is_no_choice(text: str) -> None:
    assert not is_choice(text)
