"""What is found in a folder, by the names of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.records import Generation
from northstar.results.journal import Journal
from northstar.results.layout import Shard, journal_path
from northstar.results.state import has_generations, output_files, seeds_there, stems_there


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_the_greedy_generation_comes_first_then_seeds_by_number(tmp_path: Path) -> None:
    touch(tmp_path, "output-rs10.jsonl", "output-rs9.jsonl", "output.jsonl")
    assert [file.seed for file in output_files(tmp_path)] == [None, 9, 10]


@pytest.mark.parametrize(
    "name",
    ["metrics.json", "output.json", "output-rs01.jsonl", "output-rs1.jsonl.bak", "xoutput.jsonl", ".output.lock"],
)
def test_other_files_are_none_of_ours(tmp_path: Path, name: str) -> None:
    assert output_files(touch(tmp_path, name)) == []


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert output_files(tmp_path / "nowhere") == []


def test_seeds_are_found_whatever_state_they_are_in(tmp_path: Path) -> None:
    touch(tmp_path, "output.jsonl.journal", "output-rs12.jsonl", "output-rs2_chunk_0-of-3.jsonl")
    assert seeds_there(tmp_path) == [None, 2, 12]
    assert seeds_there(tmp_path, whole=True) == [12]


def test_chunks_of_a_seed_are_told_from_those_of_another(tmp_path: Path) -> None:
    touch(tmp_path, "output-rs2_chunk_0-of-3.jsonl", "output-rs2.jsonl.journal", "output-rs22.jsonl")
    assert stems_there(tmp_path, 2) == {"output-rs2_chunk_0-of-3", "output-rs2"}


def test_a_journal_with_no_more_than_its_header_holds_no_generation(tmp_path: Path) -> None:
    shard = Shard("aime24", 0, range(2))
    journal = Journal(journal_path(tmp_path, shard), benchmark="aime24", seed=0, rows=shard.rows)
    assert not has_generations(tmp_path, 0)
    journal.add_generation(1, Generation(generation="5"))
    assert has_generations(tmp_path, 0)
    journal.close()
