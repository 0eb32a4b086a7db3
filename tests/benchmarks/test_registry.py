"""Benchmarks are found by their place, Northstar's and the user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.core.errors import UsageError

OWN = """
from northstar.task.benchmark import Splits
from northstar.benchmarks.smoke import BENCHMARK as SMOKE
import dataclasses
BENCHMARK = dataclasses.replace(SMOKE, name="mine")
"""


@pytest.mark.parametrize("name", benchmark_names())
def test_each_is_called_what_its_file_is_called_and_can_be_asked(name: str) -> None:
    from northstar.prompts.prompt import load_prompt

    benchmark = find_benchmark(name)
    assert benchmark.name == name
    assert benchmark.splits.default in benchmark.splits.named
    load_prompt(benchmark.prompt)


def test_an_unknown_one_names_its_neighbours() -> None:
    with pytest.raises(UsageError) as error:
        find_benchmark("aime2")
    said = str(error.value)
    assert re.fullmatch(
        "unknown benchmark 'aime2'. Did you mean (aime2[4-6](?: or )?)+\\? All: ns prepare_data --list", said
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpqa_diamond", "gpqa.diamond"),
        ("mmlu_pro_validation", "mmlu-pro.validation"),
        ("livecodebench-test_v6_2408_2505", "livecodebench.test_v6_2408_2505"),
    ],
)
def test_a_name_of_benchmark_and_split_is_told_apart(name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        find_benchmark(name)
    assert str(error.value) == f"unknown benchmark '{name}': write {message}."


def test_a_file_of_the_users_own_works_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    assert find_benchmark("mine", [tmp_path / "mine.py"]).name == "mine"
    assert find_benchmark("mine", [tmp_path]).name == "mine"


@pytest.mark.parametrize(
    ("code", "message"),
    [("1 / 0", "ZeroDivisionError"), ("raise SystemExit(3)", "SystemExit: 3"), ("x = 1", "defines no BENCHMARK")],
)
def test_a_broken_file_of_the_users_own_is_named(tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(UsageError, match=rf"mine\.py.*{message}"):
        find_benchmark("mine", [tmp_path / "mine.py"])


@pytest.mark.parametrize("split", ["a/b", "a,b", "a:b", "a@b", "a+b", "..", ".a", "a.", "a b", ""])
def test_a_split_of_the_users_own_that_no_folder_can_be_called_by_is_refused(tmp_path: Path, split: str) -> None:
    own = OWN.replace('name="mine"', f'name="mine", splits=Splits({{{split!r}: None}})')
    (tmp_path / "mine.py").write_text(own)
    with pytest.raises(UsageError, match="a split or part can't be called"):
        find_benchmark("mine", [tmp_path / "mine.py"])


def test_a_split_is_a_benchmark_of_its_own_and_the_default_one_keeps_the_name() -> None:
    main = find_benchmark("gpqa.main")
    assert (main.name, main.whole_name, main.splits.default) == ("gpqa.main", "gpqa", "main")
    assert find_benchmark("gpqa.diamond").name == "gpqa"


def test_a_split_by_a_rule_is_found_by_name() -> None:
    found = find_benchmark("livecodebench.test_v5_2407_2412")
    assert (found.name, found.splits.default) == ("livecodebench.test_v5_2407_2412", "test_v5_2407_2412")


def test_a_part_is_a_benchmark_of_its_own_over_the_same_rows() -> None:
    part = find_benchmark("bfcl_v3.multi_turn_base")
    assert (part.name, part.whole_name, part.part) == ("bfcl_v3.multi_turn_base", "bfcl_v3", "multi_turn_base")
    whole = find_benchmark("bfcl_v3")
    assert (whole.whole_name, whole.part) == ("bfcl_v3", None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bfcl_v3.simpel", "bfcl_v3 has no part 'simpel'. Did you mean simple?"),
        ("bfcl_v3.", "unknown benchmark 'bfcl_v3.'. Did you mean bfcl_v3"),
        ("bfcl-v3", "unknown benchmark 'bfcl-v3'. Did you mean bfcl_v3?"),
        ("aime24.easy", "aime24 has no split 'easy'. It has test."),
        ("gpqa.dimond", "gpqa has no split 'dimond'. Did you mean diamond?"),
        ("livecodebench.test_v9_2408_2501", "'livecodebench.test_v9_2408_2501': there is no release v9"),
        ("gpqa.../x", "unknown benchmark 'gpqa.../x'."),
        ("aime24+ruby", "'aime24+ruby': there is no tool 'ruby'; write aime24+python."),
        ("aime24+python+python", "'aime24+python+python' names the tool twice; write aime24+python."),
        ("bfcl_v3+python", "bfcl_v3 offers tools of its own: Python as a tool is for benchmarks that ask one question"),
        ("scicode+python", "scicode asks several questions a row: Python as a tool"),
        ("aime42+python", "unknown benchmark 'aime42'."),
    ],
)
def test_a_part_that_is_none_names_its_neighbours(name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        find_benchmark(name)
    assert str(error.value).startswith(message)


def test_a_benchmark_whose_default_split_is_not_there_is_refused_with_its_file(tmp_path: Path) -> None:
    text = "import dataclasses\nfrom northstar.benchmarks.smoke import BENCHMARK as SMOKE\n"
    text += 'from northstar.task.benchmark import Splits\nROWS = SMOKE.splits.named["test"]\n'
    text += 'BENCHMARK = dataclasses.replace(SMOKE, name="two", splits=Splits({"easy": ROWS, "hard": ROWS}))\n'
    (tmp_path / "two.py").write_text(text)
    with pytest.raises(UsageError, match=r"two\.py: two has no split 'test': name its default one of easy, hard"):
        find_benchmark("two", [tmp_path / "two.py"])
