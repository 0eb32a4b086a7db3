"""What is wrong in a recipe is said in a sentence with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import UsageError
from northstar.recipes.reading import chosen_run, read_recipe
from tests.recipes.written_recipes import AIME, write_recipe

VALUE = "{metric: symbolic_correct, value: 50.00, n: 200, k: 16, main: true}"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("aime24:", "aime2:", 9, "unknown benchmark 'aime2'. Did you mean aime26 or aime25 or aime24?"),
        ("symbolic_correct", "symbolic_corect", 12, "aime24 has no metric 'symbolic_corect'. Did you mean symbolic"),
        ("repeats: 16", "repeats: 16\n        prompt: mathe", 11, "unknown prompt 'mathe'. Did you mean math?"),
        (
            "    date: 2025-08-12",
            "    date: 2025-08-12\n    prompts: nemo-skill",
            6,
            "there is no prompt library 'nemo-skill'. Did you mean nemo-skills?",
        ),
        (", n: 200", "", 12, "runs.hot.benchmarks.aime24.published.0.n is missing."),
        (", k: 16", "", 12, "runs.hot.benchmarks.aime24.published.0.k is missing."),
        ("value: 50.00", "value: 150", 12, "value: input should be less than or equal to 100."),
        ("main: true", "mian: true", 12, "published.0.mian'. Did you mean main?"),
        ("main: true", "match: false", 12, "has match: false without a reason."),
        ("main: true", "reason: none", 12, "has a reason without match: false."),
        ("main: true", "mode: majority", 12, "mode: input should be 'pass@1', 'majority@k' or 'pass@k'."),
        ("k: 16", "k: 1, mode: pass@k", 12, "is a pass@k of one generation."),
        (f"- {VALUE}", f"- {VALUE}\n          - {VALUE}", 13, "pass@1[avg-of-16] symbolic_correct is published twice."),
        ("temperature", "temprature", 7, "unknown key 'runs.hot.settings.inference.temprature'. Did you mean temper"),
        ("2025-08-12", "last week", 5, "runs.hot.date: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in AIME
    path = write_recipe(tmp_path, AIME.replace(old, new, 1))
    with pytest.raises(UsageError) as error:
        read_recipe(str(path))
    assert f"{path}, line {line}: " in str(error.value)
    assert said in str(error.value)


def test_an_unknown_recipe_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"there is no recipe 'nemotron-nano'. Did you mean nemotron-nano-9b-v2\?"):
        read_recipe("nemotron-nano")


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(UsageError, match=r"cannot read gone.yaml: No such file"):
        read_recipe("gone.yaml")


def test_a_recipe_of_several_runs_wants_one_of_them_named() -> None:
    name = "llama-nemotron-super-49b-v1.5"
    with pytest.raises(UsageError, match=rf"runs reasoning-on, reasoning-off; name one: {name}:reasoning-on"):
        chosen_run(name)
    assert chosen_run(f"{name}:reasoning-off").run.settings.inference.temperature == 0
    with pytest.raises(UsageError, match=r"has no run 'reasoning-of'. Did you mean reasoning-off"):
        chosen_run(f"{name}:reasoning-of")


def test_the_only_run_of_a_file_needs_no_name(tmp_path: Path) -> None:
    path = write_recipe(tmp_path)
    assert chosen_run(str(path)).name == f"{path}:hot"
    assert chosen_run(f"{path}:hot").run == chosen_run(str(path)).run


def test_a_month_is_date_enough(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, AIME.replace("2025-08-12", "2025-08"))
    assert chosen_run(str(path)).run.date == "2025-08"
