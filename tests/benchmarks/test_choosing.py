"""--split holds for the benchmarks that have it, unless their names say another."""

from __future__ import annotations

import pytest

from northstar.benchmarks.choosing import choose, split_notes
from northstar.core.errors import UsageError


def chosen(names: list[str], split: str | None) -> list[str]:
    return [each.name for each in choose(names, split)]


def test_a_split_holds_for_those_that_have_it() -> None:
    assert chosen(["gpqa", "aime24"], "main") == ["gpqa.main", "aime24"]


def test_a_name_with_a_split_keeps_it() -> None:
    assert chosen(["gpqa.extended", "scicode"], "dev") == ["gpqa.extended", "scicode.dev"]
    assert chosen(["mmlu-pro.validation", "aime24"], "test") == ["mmlu-pro.validation", "aime24"]


def test_the_default_split_by_name_is_the_benchmark_itself() -> None:
    assert chosen(["gpqa"], "diamond") == ["gpqa"]


def test_a_part_over_the_default_split_keeps_its_name() -> None:
    assert chosen(["bfcl_v3.simple"], "test") == ["bfcl_v3.simple"]


def test_a_split_that_none_has_is_refused_with_its_neighbours() -> None:
    with pytest.raises(UsageError) as error:
        chosen(["gpqa", "scicode"], "dimond")
    assert str(error.value) == "--split: none of gpqa, scicode has a split 'dimond'. Did you mean diamond?"


def test_a_split_that_the_only_one_lacks_is_refused_in_its_own_words() -> None:
    with pytest.raises(UsageError, match=r"gpqa has no split 'dimond'. Did you mean diamond\?"):
        chosen(["gpqa"], "dimond")


def test_a_split_beside_names_that_all_say_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"each of the benchmarks \(gpqa.main\) names a split of its own"):
        chosen(["gpqa.main"], "extended")


def test_a_benchmark_that_lacks_the_split_is_noted_with_the_one_it_takes() -> None:
    notes = split_notes([("gpqa.main", "main"), ("aime24", "test")], "main")
    assert notes == ["aime24 has no split 'main'; its own is taken, test."]


def test_a_benchmark_that_names_another_split_is_not_noted() -> None:
    assert split_notes([("gpqa.extended", "extended"), ("scicode.dev", "dev")], "dev") == []
