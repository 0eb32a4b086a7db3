"""Several nodes do rows of one shard; its output has each row once, the first epoch's answer, and nothing is mixed."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.records import Generation
from northstar.engine.pooled.taking_over import find_done
from northstar.pool import parts
from northstar.pool.files import part_paths
from northstar.pool.parts import PartJournal, Parts, has_parts, publish
from northstar.results.journal import Journal
from northstar.results.layout import Shard, journal_path
from northstar.results.outputs import record
from tests.engine.open_shards import Numbers

SHARD = Shard("aime24", 0, range(4))


def part(folder: Path, node: str, *rows: int, epoch: int = 0, graded: bool = True) -> PartJournal:
    journal = PartJournal(folder, SHARD, node)
    journal.begin(epoch)
    for row in rows:
        journal.add_generation(row, Generation(generation=f"{node} {row}"))
        if graded:
            journal.add_grade(row, {"graded_by": node})
    return journal


def published(folder: Path) -> list[range]:
    return asyncio.run(publish(folder, SHARD, Numbers(), record))


def records(folder: Path) -> list[tuple[int, str, str]]:
    lines = (folder / "output-rs0.jsonl").read_text().splitlines()
    return [(each["id"], each["generation"], each["graded_by"]) for each in map(json.loads, lines)]


def test_the_output_has_the_rows_of_all_nodes_in_order(tmp_path: Path) -> None:
    part(tmp_path, "a", 2, 0)
    part(tmp_path, "b", 3, 1)
    assert published(tmp_path) == []
    assert records(tmp_path) == [(0, "a 0", "a"), (1, "b 1", "b"), (2, "a 2", "a"), (3, "b 3", "b")]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["output-rs0.jsonl"]


def test_of_a_row_done_twice_the_earlier_epoch_counts_with_its_own_grade(tmp_path: Path) -> None:
    part(tmp_path, "woken", 1, epoch=0)
    part(tmp_path, "a", 0, 1, 2, 3, epoch=1)
    published(tmp_path)
    assert records(tmp_path)[1] == (1, "woken 1", "woken")


def test_an_answer_without_a_grade_does_not_count_where_another_is_complete(tmp_path: Path) -> None:
    part(tmp_path, "woken", 1, epoch=0, graded=False)
    part(tmp_path, "a", 0, 1, 2, 3, epoch=1)
    published(tmp_path)
    assert records(tmp_path)[1] == (1, "a 1", "a")


def test_what_a_run_of_one_job_had_begun_is_taken_along(tmp_path: Path) -> None:
    journal = Journal(journal_path(tmp_path, SHARD), benchmark="aime24", seed=0, rows=SHARD.rows)
    journal.add_generation(3, Generation(generation="one 3"))
    journal.add_grade(3, {"graded_by": "one"})
    journal.close()
    part(tmp_path, "a", 0, 1, 2)
    assert published(tmp_path) == []
    assert records(tmp_path)[3] == (3, "one 3", "one")


def test_nothing_is_written_while_rows_are_missing(tmp_path: Path) -> None:
    part(tmp_path, "a", 1)
    assert published(tmp_path) == [range(0, 1), range(2, 4)]
    assert not (tmp_path / "output-rs0.jsonl").exists()


def test_an_output_that_another_node_has_written_stays_as_it_is(tmp_path: Path) -> None:
    part(tmp_path, "a", 0, 1, 2, 3)
    published(tmp_path)
    part(tmp_path, "late", 0)
    assert published(tmp_path) == []
    assert records(tmp_path)[0] == (0, "a 0", "a")
    assert not has_parts(tmp_path, SHARD)


def test_of_two_nodes_that_write_an_output_the_slower_finds_it_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part(tmp_path, "a", 0, 1, 2, 3)
    listed = part_paths(tmp_path, SHARD.stem)
    published(tmp_path)
    monkeypatch.setattr(parts, "part_paths", lambda *_: listed)  # seen just before the other removed them
    assert published(tmp_path) == []
    assert find_done(cast(Any, SimpleNamespace(folder=tmp_path, shard=SHARD)), range(2)).done == {0, 1}
    (tmp_path / "output-rs0.jsonl").unlink()
    with pytest.raises(NorthstarError, match="No such file"):
        published(tmp_path)


def test_the_journal_of_a_node_that_comes_too_late_goes_when_it_is_closed(tmp_path: Path) -> None:
    part(tmp_path, "a", 0, 1, 2, 3)
    published(tmp_path)
    part(tmp_path, "late", 0).close()
    assert not has_parts(tmp_path, SHARD)


def test_a_torn_last_line_of_a_node_that_died_is_left_out_and_left_alone(tmp_path: Path) -> None:
    dead = part(tmp_path, "dead", 0, 1)
    size = dead.path.stat().st_size - 5
    os.truncate(dead.path, size)
    parts = Parts(tmp_path, SHARD)
    assert parts.missing() == [range(1, 4)]
    assert parts.begun(1) is not None  # its answer can still be graded
    assert dead.path.stat().st_size == size


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    damaged = part(tmp_path, "a", 0)
    damaged.path.write_bytes(damaged.path.read_bytes().replace(b"a 0", b"b 0"))
    with pytest.raises(NorthstarError, match="journal,0,a, line 2: damaged"):
        Parts(tmp_path, SHARD)


def test_a_journal_has_no_file_before_it_is_begun(tmp_path: Path) -> None:
    journal = PartJournal(tmp_path, SHARD, "a")
    journal.sync()
    journal.close()
    assert not has_parts(tmp_path, SHARD)
