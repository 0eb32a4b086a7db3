"""A group's file: what it holds, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import UsageError
from northstar.groups.reading import group_names, read_group

MINE = """\
about: two small ones
members:
  aime24: {repeats: 4}
  gpqa: {repeats: 2, weight: 3, metric: symbolic_correct}
"""


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def test_weights_become_shares(tmp_path: Path) -> None:
    group = read_group(str(write(tmp_path, MINE)))
    assert group.name == "mine"
    assert [(each.name, each.repeats, each.share) for each in group.members] == [("aime24", 4, 0.25), ("gpqa", 2, 0.75)]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("aime24:", "aime2:", 3, "unknown benchmark or group 'aime2'. Did you mean aime26 or aime25 or aime24?"),
        ("gpqa:", "gpqa.dimond:", 4, "gpqa has no split 'dimond'. Did you mean diamond?"),
        (
            "metric: symbolic_correct",
            "metric: symbolic_corect",
            4,
            "gpqa has no metric 'symbolic_corect'. Did you mean",
        ),
        ("weight: 3", "wieght: 3", 4, "unknown key 'members.gpqa.wieght'. Did you mean weight?"),
        ("weight: 3", "weight: 0", 4, "members.gpqa.weight: input should be greater than 0."),
        ("weight: 3", 'weight: "3"', 4, "members.gpqa.weight: input should be a valid number"),
        ("repeats: 4", "repeats: true", 3, "members.aime24.repeats: input should be a valid integer"),
        ("weight: 3", "weight: .inf", 4, "members.gpqa.weight: input should be"),
        ("repeats: 4", "repeats: four", 3, "members.aime24.repeats: input should be a valid integer"),
        ("repeats: 4", "repeats: -1", 3, "members.aime24.repeats: input should be greater than or equal to 0."),
        ("about:", "abuot:", 1, "unknown key 'abuot'. Did you mean about?"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in MINE
    path = write(tmp_path, MINE.replace(old, new, 1))
    with pytest.raises(UsageError) as error:
        read_group(str(path))
    assert str(error.value).startswith(f"{path}, line {line}: ")
    assert said in str(error.value)


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, MINE.replace("gpqa:", "aime24:"))
    with pytest.raises(UsageError, match="it has the key 'aime24' twice, in lines 3 and 4"):
        read_group(str(path))


def test_a_wrong_metric_of_an_absent_member_is_named_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, MINE + "absent:\n  aime25: {why: x, metric: nope}\n")
    with pytest.raises(UsageError, match="line 6: aime25 has no metric 'nope'"):
        read_group(str(path))


def test_a_group_without_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="members: dictionary should have at least 1 item"):
        read_group(str(write(tmp_path, "members: {}\n")))


def test_a_group_inside_of_a_group_counts_as_one_member(tmp_path: Path) -> None:
    write(tmp_path, "members: {aime24: {repeats: 4}, aime25: {repeats: 4}}\n", "contests")
    group = read_group(str(write(tmp_path, "members: {contests.yaml: {}, gpqa: {repeats: 2}}\n")))
    assert {each.name: each.share for each in group.members} == {"aime24": 0.25, "aime25": 0.25, "gpqa": 0.5}


def test_a_group_that_names_itself_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "about: x\nmembers:\n  aime24: {}\n  mine.yaml: {}\n")
    with pytest.raises(UsageError) as error:
        read_group(str(path))
    assert str(error.value) == f"{path}, line 4: the group names itself: mine → mine."


def test_a_group_that_names_itself_through_another_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "members:\n  other.yaml: {}\n")
    other = write(tmp_path, f"members:\n  ../{tmp_path.name}/mine.yaml: {{}}\n", "other")
    with pytest.raises(UsageError, match=r"line 2: the group names itself: mine → other → mine\.") as error:
        read_group(str(path))
    assert str(other) in str(error.value)


def test_seeds_of_a_group_are_its_members_own(tmp_path: Path) -> None:
    write(tmp_path, "members: {aime24: {repeats: 4}}\n", "contests")
    with pytest.raises(UsageError, match=r"line 1: contests\.yaml is a group: repeats and metrics are those of its"):
        read_group(str(write(tmp_path, "members: {contests.yaml: {repeats: 2}}\n")))


def test_a_benchmark_of_two_inner_groups_counts_for_both(tmp_path: Path) -> None:
    write(tmp_path, "members: {aime24: {repeats: 4}}\n", "one")
    write(tmp_path, "members: {aime24: {repeats: 4}, aime25: {repeats: 4}}\n", "two")
    group = read_group(str(write(tmp_path, "members: {one.yaml: {}, two.yaml: {}}\n")))
    assert {each.name: each.share for each in group.members} == {"aime24": 0.75, "aime25": 0.25}


def test_a_benchmark_with_two_numbers_of_seeds_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "members: {aime24: {repeats: 4}}\n", "one")
    with pytest.raises(UsageError, match="line 1: aime24 is in the group twice, with other repeats or another metric"):
        read_group(str(write(tmp_path, "members: {one.yaml: {}, aime24: {repeats: 2}}\n")))


def test_what_northstar_lacks_is_a_member_once_a_file_adds_it(tmp_path: Path) -> None:
    text = "members: {aime24: {}}\nabsent:\n  sums: {repeats: 3, why: ours}\n"
    path = str(write(tmp_path, text))
    assert [each.name for each in read_group(path).absent] == ["sums"]
    own = tmp_path / "own.py"
    own.write_text(
        "from northstar.benchmarks.mathematics.aime24 import BENCHMARK as A\nfrom dataclasses import replace\n"
        "BENCHMARK = replace(A, name='sums')\n"
    )
    group = read_group(path, [own])
    assert group.absent == ()
    assert [(each.name, each.repeats) for each in group.there] == [("aime24", 0), ("sums", 3)]


@pytest.mark.parametrize("name", group_names())
def test_those_that_ship_are_right(name: str) -> None:
    group = read_group(name)
    assert sum(each.share for each in group.members) == pytest.approx(1.0)


def test_the_index_of_ten_evaluations_lacks_two() -> None:
    group = read_group("aa-index-3")
    assert len(group.members) == 10
    assert {each.share for each in group.members} == {0.1}
    assert {each.name for each in group.absent} == {"terminal-bench-hard", "tau2-bench-telecom"}


def test_an_unknown_group_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"there is no group 'aa-index'. Did you mean aa-index-3\?"):
        read_group("aa-index")
