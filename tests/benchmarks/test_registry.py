"""Benchmarks are found by their place, Northstar's and the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.errors import UsageError

OWN = """
from northstar.benchmarks.benchmark import Benchmark
from northstar.benchmarks.smoke import BENCHMARK as SMOKE
import dataclasses
BENCHMARK = dataclasses.replace(SMOKE, name="mine")
"""


@pytest.mark.parametrize("name", benchmark_names())
def test_each_is_called_what_its_file_is_called_and_can_be_asked(name: str) -> None:
    from northstar.prompts.prompt import load_prompt

    benchmark = find_benchmark(name)
    assert benchmark.name == name
    assert benchmark.default_split in benchmark.splits
    load_prompt(benchmark.prompt)


def test_an_unknown_one_names_its_neighbours() -> None:
    with pytest.raises(UsageError) as error:
        find_benchmark("aime2")
    assert str(error.value) == ("unknown benchmark 'aime2'. Did you mean aime25 or aime24? All: ns prepare_data --list")


def test_a_file_of_the_users_own_works_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    assert find_benchmark("mine", [tmp_path / "mine.py"]).name == "mine"
    assert find_benchmark("mine", [tmp_path]).name == "mine"


@pytest.mark.parametrize(("code", "said"), [("1 / 0", "ZeroDivisionError"), ("x = 1", "defines no BENCHMARK")])
def test_a_broken_file_of_the_users_own_is_named(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(UsageError, match=rf"mine\.py.*{said}"):
        find_benchmark("mine", [tmp_path / "mine.py"])
