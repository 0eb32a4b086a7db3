"""How many seeds are asked: decided by the complete seeds of the folder, in order, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from tests.engine.schedule.growing import ROWS, growing, is_right, write_seed


def write_seeds(folder: Path, *seeds: int) -> None:
    for seed in seeds:
        write_seed(folder, seed, [is_right(row, seed) for row in range(ROWS)])


def test_an_empty_folder_begins_with_the_seeds_before_the_first_look(tmp_path: Path) -> None:
    seeds = growing(tmp_path, precision=2.0, least=1)
    assert seeds.at_first() == [0, 1, 2, 3]
    assert not seeds.may_begin


def test_more_seeds_are_begun_if_the_range_says_so(tmp_path: Path) -> None:
    assert growing(tmp_path, precision=2.0, least=6).at_first() == [0, 1, 2, 3, 4, 5]


def test_no_more_are_begun_than_the_limit(tmp_path: Path) -> None:
    assert growing(tmp_path, precision=2.0, least=1, limit=2).at_first() == [0, 1]


def test_after_a_look_half_of_the_seeds_that_it_still_takes_are_begun(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 3)
    seeds = growing(tmp_path, precision=3.0)
    assert seeds.seen is not None
    assert seeds.at_first() == [0, 1, 2, 3, 4]
    begun = 0
    while seeds.may_begin:
        seeds.begin()
        begun += 1
    assert 5 + begun == 4 + -(-(seeds.seen.needed - 4) // 2)


def test_a_mean_that_is_known_well_enough_begins_no_more(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 3)
    seeds = growing(tmp_path, precision=20.0)
    assert seeds.is_decided
    assert seeds.at_first() == [0, 1, 2, 3]
    assert not seeds.may_begin


def test_a_seed_that_was_begun_is_finished_though_fewer_were_enough(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 3)
    (tmp_path / "output-rs4.jsonl.journal").write_text("")
    assert growing(tmp_path, precision=20.0).at_first() == [0, 1, 2, 3, 4]


def test_seeds_after_a_gap_decide_nothing_until_it_is_filled(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 4, 5, 6)
    seeds = growing(tmp_path, precision=20.0)
    assert seeds.seen is not None
    assert seeds.seen.seeds == 3
    write_seeds(tmp_path, 3)
    seeds.read()
    assert seeds.seen.seeds == 7


def test_a_smaller_precision_goes_on_where_a_larger_one_stopped(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 3)
    assert growing(tmp_path, precision=20.0).is_decided
    assert growing(tmp_path, precision=1.0).at_first() == [0, 1, 2, 3, 4]


def test_progress_says_how_well_the_mean_is_known_and_how_many_seeds_it_still_takes(tmp_path: Path) -> None:
    assert growing(tmp_path, precision=3.0).progress == ""
    write_seeds(tmp_path, 0, 1, 2, 3)
    assert growing(tmp_path, precision=5.0).progress == "4 seeds, ±5.2 points; about 1 more"
    assert growing(tmp_path, precision=3.0).progress == "4 seeds, ±5.2 points; about 8 more, the limit"
    assert growing(tmp_path, precision=20.0).progress == "4 seeds, ±5.2 points: enough for 20"
    assert growing(tmp_path, precision=3.0, limit=4).progress == "4 seeds, ±5.2 points: the limit, not 3"


def test_a_limit_that_was_too_low_is_named_with_what_would_do(tmp_path: Path) -> None:
    write_seeds(tmp_path, 0, 1, 2, 3)
    assert growing(tmp_path, precision=3.0, limit=4).verdict == (
        "aime24: the standard error after 4 seeds, the limit, is 5.2 points, not 3; about 12 would do: aime24:4..12 "
        "goes on from here."
    )


def test_an_output_with_other_rows_is_refused(tmp_path: Path) -> None:
    write_seed(tmp_path, 0, [True])
    with pytest.raises(NorthstarError, match=r"output-rs0\.jsonl has 1 row, but 30 were asked"):
        growing(tmp_path, precision=3.0)
